import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call, userApi } from '../../api/client';
import { session } from '../../session/session';
import { useSubmit } from '../../session/useSubmit';
import { Dialog } from '../../ui/Dialog';
import { FormProblem } from '../../ui/FormProblem';
import { PasswordField } from '../../ui/TextField';
import { toast } from '../../ui/Toasts';
import { accountWords } from '../../words/account';
import { words as common } from '../../words/en';

const words = accountWords.settings;

/** Deletes the account, after asking for the password. */
export function DeleteAccount() {
  const [isOpen, setOpen] = useState(false);
  return (
    <section className="settings-section" aria-labelledby="delete-title">
      <h2 id="delete-title">{words.deleteTitle}</h2>
      <p className="quiet">{words.deleteHint}</p>
      <div>
        <button type="button" className="button danger" onClick={() => setOpen(true)}>
          {words.deleteOpen}
        </button>
      </div>
      {isOpen && <DeleteDialog onClose={() => setOpen(false)} />}
    </section>
  );
}

function DeleteDialog({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState('');
  const navigate = useNavigate();
  const { submit, isBusy, problem } = useSubmit(async () => {
    await call(userApi.DELETE('/users/me', { body: { password } }));
    session.forget();
    toast(words.deleted);
    await navigate({ to: '/explore' });
  });
  return (
    <Dialog title={words.deleteTitle} onClose={onClose}>
      <p>{words.deleteHint}</p>
      <form className="form" onSubmit={submit}>
        <FormProblem problem={problem} fields={['password']} />
        <PasswordField
          label={words.currentPassword}
          kind="current"
          errors={problem?.errors['password']}
          value={password}
          onChange={setPassword}
        />
        <div className="form-row">
          <button type="submit" className="button danger" aria-disabled={isBusy}>
            {words.deleteConfirm}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {common.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
