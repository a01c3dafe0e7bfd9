import { useState } from 'react';
import { call, userApi } from '../api/client';
import { PasswordField, TextField } from '../ui/TextField';
import { accountWords as words } from '../words/account';
import { session } from './session';
import { SubmitForm } from './SubmitForm';

/** Asks for a name and a password, and signs in. The session tells its subscribers that it worked. */
export function SignInForm() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const signIn = async () => {
    session.accept(await call(userApi.POST('/auth/login', { body: { email: email.trim(), password, cookie: true } })));
  };
  return (
    <SubmitForm action={words.signIn} busy={words.signingIn} fields={['email', 'password']} isPrimary onSubmit={signIn}>
      {(problem) => (
        <>
          <TextField
            label={words.emailOrUsername}
            errors={problem?.errors['email']}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            value={email}
            onChange={setEmail}
          />
          <PasswordField label={words.password} kind="current" name="password" errors={problem?.errors['password']} value={password} onChange={setPassword} />
        </>
      )}
    </SubmitForm>
  );
}
