import { useState, type ReactNode } from 'react';
import { call, userApi } from '../../api/client';
import { queryClient } from '../../api/queryClient';
import type { ApiProblem } from '../../api/problem';
import type { User } from '../../api/types';
import { session } from '../../session/session';
import { useSubmit } from '../../session/useSubmit';
import { Field } from '../../ui/Field';
import { FormProblem } from '../../ui/FormProblem';
import { toast } from '../../ui/Toasts';
import { accountWords } from '../../words/account';

const words = accountWords.settings;

interface SectionProps {
  title: string;
  action: string;
  fields: readonly string[];
  onSubmit: () => Promise<void>;
  children: (problem: ApiProblem | null) => ReactNode;
}

/** A form with a heading, of which each has its own problem. */
function SectionForm({ title, action, fields, onSubmit, children }: SectionProps) {
  const { submit, isBusy, problem } = useSubmit(onSubmit);
  return (
    <form className="form settings-section" onSubmit={submit} aria-label={title}>
      <h2>{title}</h2>
      <FormProblem problem={problem} fields={fields} />
      {children(problem)}
      <div>
        <button type="submit" className="button" aria-disabled={isBusy}>
          {isBusy ? words.saving : action}
        </button>
      </div>
    </form>
  );
}

export function ProfileForm({ user }: { user: User }) {
  const [firstName, setFirstName] = useState(user.firstName ?? '');
  const [lastName, setLastName] = useState(user.lastName ?? '');
  const [bio, setBio] = useState(user.bio ?? '');
  const save = async () => {
    const body = { firstName: firstName.trim() || null, lastName: lastName.trim() || null, bio: bio.trim() || null };
    session.updateUser(await call(userApi.PUT('/users/me', { body })));
    await queryClient.invalidateQueries({ queryKey: ['user'] });
    toast(words.saved);
  };
  return (
    <SectionForm title={words.profile} action={words.save} fields={['firstName', 'lastName', 'bio']} onSubmit={save}>
      {(problem) => (
        <>
          <Field label={words.firstName} errors={problem?.errors['firstName']}>
            {(control) => (
              <input {...control} className="input" dir="auto" value={firstName} onChange={(event) => setFirstName(event.currentTarget.value)} />
            )}
          </Field>
          <Field label={words.lastName} errors={problem?.errors['lastName']}>
            {(control) => (
              <input {...control} className="input" dir="auto" value={lastName} onChange={(event) => setLastName(event.currentTarget.value)} />
            )}
          </Field>
          <Field label={words.bio} errors={problem?.errors['bio']}>
            {(control) => <textarea {...control} className="input" rows={4} dir="auto" value={bio} onChange={(event) => setBio(event.currentTarget.value)} />}
          </Field>
        </>
      )}
    </SectionForm>
  );
}

export function EmailForm({ user }: { user: User }) {
  const [email, setEmail] = useState(user.email);
  const [currentPassword, setCurrentPassword] = useState('');
  const save = async () => {
    session.updateUser(await call(userApi.PUT('/users/me', { body: { email: email.trim(), currentPassword } })));
    setCurrentPassword('');
    toast(words.saved);
  };
  return (
    <SectionForm title={words.emailTitle} action={words.changeEmail} fields={['email', 'currentPassword']} onSubmit={save}>
      {(problem) => (
        <>
          <Field label={words.newEmail} errors={problem?.errors['email']}>
            {(control) => (
              <input {...control} className="input" type="email" autoComplete="email" required value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
            )}
          </Field>
          <PasswordField
            label={words.currentPassword}
            autoComplete="current-password"
            errors={problem?.errors['currentPassword']}
            value={currentPassword}
            onChange={setCurrentPassword}
          />
        </>
      )}
    </SectionForm>
  );
}

export function PasswordForm() {
  const [currentPassword, setCurrentPassword] = useState('');
  const [newPassword, setNewPassword] = useState('');
  const save = async () => {
    await call(userApi.POST('/auth/password', { body: { currentPassword, newPassword } }));
    setCurrentPassword('');
    setNewPassword('');
    await queryClient.invalidateQueries({ queryKey: ['sessions'] });
    toast(words.passwordChanged);
  };
  return (
    <SectionForm title={words.passwordTitle} action={words.changePassword} fields={['currentPassword', 'newPassword']} onSubmit={save}>
      {(problem) => (
        <>
          <PasswordField
            label={words.currentPassword}
            autoComplete="current-password"
            errors={problem?.errors['currentPassword']}
            value={currentPassword}
            onChange={setCurrentPassword}
          />
          <PasswordField
            label={words.newPassword}
            hint={accountWords.passwordHint}
            autoComplete="new-password"
            errors={problem?.errors['newPassword']}
            value={newPassword}
            onChange={setNewPassword}
          />
        </>
      )}
    </SectionForm>
  );
}

interface PasswordFieldProps {
  label: string;
  hint?: string;
  autoComplete: 'current-password' | 'new-password';
  errors: readonly string[] | undefined;
  value: string;
  onChange: (value: string) => void;
}

export function PasswordField({ label, hint, autoComplete, errors, value, onChange }: PasswordFieldProps) {
  return (
    <Field label={label} hint={hint} errors={errors}>
      {(control) => (
        <input
          {...control}
          className="input"
          type="password"
          autoComplete={autoComplete}
          required
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
