import { useId, type ReactNode } from 'react';

interface FieldProps {
  label: string;
  /** What is wrong, one sentence each, as a problem document has it under `errors`. */
  errors?: readonly string[] | undefined;
  hint?: string | undefined;
  /** Draws the control with these attributes, which tie it to its label, hint and errors. */
  children: (control: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': true | undefined }) => ReactNode;
}

/** A control with its label above and what is wrong with it below. */
export function Field({ label, errors = [], hint, children }: FieldProps) {
  const id = useId();
  const isInvalid = errors.length > 0;
  const described = [hint !== undefined && `${id}-hint`, isInvalid && `${id}-errors`].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': isInvalid || undefined })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="field-hint">
          {hint}
        </p>
      )}
      {isInvalid && (
        <p id={`${id}-errors`} className="field-errors">
          {errors.join(' ')}
        </p>
      )}
    </div>
  );
}
