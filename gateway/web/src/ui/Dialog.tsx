import { useId, useLayoutEffect, useRef, type ReactNode } from 'react';
import { words } from '../words/en';
import { Icon } from './Icon';

interface DialogProps {
  title: string;
  /** For what is read side by side. */
  isWide?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** Fields that can be filled in; of radio buttons that belong together, the one that is chosen. */
const FIELDS = '.dialog-body :is(input:not([type=radio]), input:checked, select, textarea)';

/** Focuses what a dialog is for: its first field, else its first button that can be pressed. The platform takes the one that closes it. */
function focusFirst(dialog: HTMLDialogElement): void {
  const first = dialog.querySelector<HTMLElement>(FIELDS) ?? dialog.querySelector<HTMLElement>('.dialog-body .button:not([aria-disabled=true])');
  first?.focus();
}

/**
 * A dialog over the page, open while it is mounted. The platform's own: it keeps the focus inside, closes
 * at Escape and gives the focus back.
 */
export function Dialog({ title, isWide = false, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // In the layout phase: a dialog that has left the page can no longer give the focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    if (element) focusFirst(element);
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={isWide ? 'dialog wide' : 'dialog'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header className="dialog-header">
        <h2 id={titleId}>{title}</h2>
        <button type="button" className="button icon-only plain" aria-label={words.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}
