import { useState, type ComponentProps } from 'react';
import { call, userApi } from '../../api/client';
import { queryClient } from '../../api/queryClient';
import type { User } from '../../api/types';
import { session } from '../../session/session';
import { SubmitForm } from '../../session/SubmitForm';
import { Field } from '../../ui/Field';
import { TextArea } from '../../ui/TextArea';
import { PasswordField, TextField } from '../../ui/TextField';
import { toast } from '../../ui/Toasts';
import { accountWords } from '../../words/account';

const words = accountWords.settings;

type SectionProps = Omit<ComponentProps<typeof SubmitForm>, 'busy' | 'className' | 'isPrimary'> & { title: string };

/** A form of its own, with a heading. */
function SectionForm(props: SectionProps) {
  return <SubmitForm {...props} busy={words.saving} className="form settings-section" />;
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
          <TextField label={words.firstName} errors={problem?.errors['firstName']} dir="auto" value={firstName} onChange={setFirstName} />
          <TextField label={words.lastName} errors={problem?.errors['lastName']} dir="auto" value={lastName} onChange={setLastName} />
          <Field label={words.bio} errors={problem?.errors['bio']}>
            {(control) => <TextArea {...control} rows={4} value={bio} onChange={(event) => setBio(event.currentTarget.value)} />}
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
          <TextField label={words.newEmail} errors={problem?.errors['email']} type="email" autoComplete="email" required value={email} onChange={setEmail} />
          <PasswordField
            label={words.currentPassword}
            kind="current"
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
            kind="current"
            errors={problem?.errors['currentPassword']}
            value={currentPassword}
            onChange={setCurrentPassword}
          />
          <PasswordField
            label={words.newPassword}
            hint={accountWords.passwordHint}
            kind="new"
            errors={problem?.errors['newPassword']}
            value={newPassword}
            onChange={setNewPassword}
          />
        </>
      )}
    </SectionForm>
  );
}
