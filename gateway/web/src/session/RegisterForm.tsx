import { useState } from 'react';
import { call, userApi } from '../api/client';
import { PasswordField, TextField } from '../ui/TextField';
import { accountWords as words } from '../words/account';
import { session } from './session';
import { SubmitForm } from './SubmitForm';

/** Makes an account, and signs in with it. */
export function RegisterForm() {
  const [username, setUsername] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const register = async () => {
    const body = { username: username.trim(), email: email.trim(), password, cookie: true };
    session.accept(await call(userApi.POST('/auth/register', { body })));
  };
  return (
    <SubmitForm action={words.register} busy={words.registering} fields={['username', 'email', 'password']} isPrimary onSubmit={register}>
      {(problem) => (
        <>
          <TextField
            label={words.username}
            hint={words.usernameHint}
            errors={problem?.errors['username']}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            minLength={3}
            maxLength={50}
            value={username}
            onChange={setUsername}
          />
          <TextField label={words.email} errors={problem?.errors['email']} type="email" name="email" autoComplete="email" required value={email} onChange={setEmail} />
          <PasswordField
            label={words.password}
            hint={words.passwordHint}
            kind="new"
            errors={problem?.errors['password']}
            name="password"
            minLength={8}
            maxLength={128}
            value={password}
            onChange={setPassword}
          />
        </>
      )}
    </SubmitForm>
  );
}
