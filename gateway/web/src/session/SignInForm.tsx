import { useState } from 'react';
import { call, userApi } from '../api/client';
import { Field } from '../ui/Field';
import { accountWords as words } from '../words/account';
import { FormProblem } from '../ui/FormProblem';
import { session } from './session';
import { useSubmit } from './useSubmit';

/** Asks for a name and a password, and signs in. Whoever follows the session sees that it worked. */
export function SignInForm() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { submit, isBusy, problem } = useSubmit(async () => {
    session.accept(await call(userApi.POST('/auth/login', { body: { email: email.trim(), password, cookie: true } })));
  });
  return (
    <form className="form" onSubmit={submit}>
      <FormProblem problem={problem} />
      <Field label={words.emailOrUsername} errors={problem?.errors['email']}>
        {(control) => (
          <input
            {...control}
            className="input"
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={words.password} errors={problem?.errors['password']}>
        {(control) => (
          <input
            {...control}
            className="input"
            type="password"
            name="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        )}
      </Field>
      <button type="submit" className="button primary" aria-disabled={isBusy}>
        {isBusy ? words.signingIn : words.signIn}
      </button>
    </form>
  );
}
