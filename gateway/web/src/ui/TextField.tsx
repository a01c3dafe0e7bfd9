import type { ComponentProps } from 'react';
import { Field } from './Field';

interface TextFieldProps extends Omit<ComponentProps<'input'>, 'className' | 'id' | 'onChange' | 'value'> {
  label: string;
  hint?: string | undefined;
  errors?: readonly string[] | undefined;
  value: string;
  onChange: (value: string) => void;
}

/** A line of text with its label, and what is wrong with it. */
export function TextField({ label, hint, errors, onChange, ...input }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} errors={errors}>
      {(control) => <input {...input} {...control} className="input" onChange={(event) => onChange(event.currentTarget.value)} />}
    </Field>
  );
}

interface PasswordFieldProps extends Omit<TextFieldProps, 'autoComplete' | 'type'> {
  /** Whether the password is the account's, or one that is chosen now. */
  kind: 'current' | 'new';
}

/** A password that must be given. */
export function PasswordField({ kind, ...field }: PasswordFieldProps) {
  return <TextField {...field} type="password" autoComplete={`${kind}-password`} required />;
}
