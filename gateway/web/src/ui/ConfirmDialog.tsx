import type { ReactNode } from 'react';
import { useSubmit } from '../session/useSubmit';
import { words } from '../words/en';
import { Dialog } from './Dialog';
import { FormProblem } from './FormProblem';

interface ConfirmDialogProps {
  title: string;
  /** What the button says, and what it says while the answer is awaited. */
  action: string;
  busy: string;
  isDanger?: boolean;
  /** Does what is confirmed; what it throws is said in the dialog, which stays. */
  onConfirm: () => Promise<void>;
  onClose: () => void;
  /** Says what will happen. */
  children: ReactNode;
}

/** Asks before something is done, and closes when it is. */
export function ConfirmDialog({ title, action, busy, isDanger = false, onConfirm, onClose, children }: ConfirmDialogProps) {
  const { submit, isBusy, problem } = useSubmit(async () => {
    await onConfirm();
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <form className="form" onSubmit={submit}>
        <FormProblem problem={problem} />
        <div className="form-row">
          <button type="submit" className={isDanger ? 'button danger' : 'button primary'} aria-disabled={isBusy}>
            {isBusy ? busy : action}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {words.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
