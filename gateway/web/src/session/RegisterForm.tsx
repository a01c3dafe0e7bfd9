import { useState } from 'react';
import { call, userApi } from '../api/client';
import { Field } from '../ui/Field';
import { FormProblem } from '../ui/FormProblem';
import { accountWords as words } from '../words/account';
import { session } from './session';
import { useSubmit } from './useSubmit';

/** Makes an account, and signs in with it. */
export function RegisterForm() {
  const [username, setUsername] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { submit, isBusy, problem } = useSubmit(async () => {
    const body = { username: username.trim(), email: email.trim(), password, cookie: true };
    session.accept(await call(userApi.POST('/auth/register', { body })));
  });
  return (
    <form className="form" onSubmit={submit}>
      <FormProblem problem={problem} />
      <Field label={words.username} hint={words.usernameHint} errors={problem?.errors['username']}>
        {(control) => (
          <input
            {...control}
            className="input"
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            minLength={3}
            maxLength={50}
            value={username}
            onChange={(event) => setUsername(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={words.email} errors={problem?.errors['email']}>
        {(control) => (
          <input
            {...control}
            className="input"
            type="email"
            name="email"
            autoComplete="email"
            required
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={words.password} hint={words.passwordHint} errors={problem?.errors['password']}>
        {(control) => (
          <input
            {...control}
            className="input"
            type="password"
            name="password"
            autoComplete="new-password"
            required
            minLength={8}
            maxLength={128}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        )}
      </Field>
      <button type="submit" className="button primary" aria-disabled={isBusy}>
        {isBusy ? words.registering : words.register}
      </button>
    </form>
  );
}
