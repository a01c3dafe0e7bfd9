import type { ReactNode } from 'react';
import type { ApiProblem } from '../api/problem';
import { FormProblem } from '../ui/FormProblem';
import { useSubmit } from './useSubmit';

interface SubmitFormProps {
  /** A heading, which also names the form. */
  title?: string;
  /** What the button says, and what it says while the answer is awaited. */
  action: string;
  busy: string;
  /** The fields that show their own errors. */
  fields: readonly string[];
  className?: string;
  isPrimary?: boolean;
  onSubmit: () => Promise<void>;
  children: (problem: ApiProblem | null) => ReactNode;
}

/** A form with one button, which sends one request at a time and says why it was refused. */
export function SubmitForm({ title, action, busy, fields, className = 'form', isPrimary = false, onSubmit, children }: SubmitFormProps) {
  const { submit, isBusy, problem } = useSubmit(onSubmit);
  const button = (
    <button type="submit" className={isPrimary ? 'button primary' : 'button'} aria-disabled={isBusy}>
      {isBusy ? busy : action}
    </button>
  );
  return (
    <form className={className} onSubmit={submit} aria-label={title}>
      {title !== undefined && <h2>{title}</h2>}
      <FormProblem problem={problem} fields={fields} />
      {children(problem)}
      {/* The one thing to do on a page is as wide as its fields. */}
      {isPrimary ? button : <div>{button}</div>}
    </form>
  );
}
