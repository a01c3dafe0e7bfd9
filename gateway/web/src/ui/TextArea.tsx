import type { ComponentProps } from 'react';

/** The characters from which on a line is not wrapped: a browser wraps one of 100,000 again at each key. */
const LONG_LINE = 5_000;

function hasLongLine(value: string): boolean {
  return value.length > LONG_LINE && value.split('\n').some((line) => line.length > LONG_LINE);
}

interface TextAreaProps extends ComponentProps<'textarea'> {
  value: string;
}

/** A field for a text of several lines, in which typing stays quick however long they are. */
export function TextArea({ className = 'input', ...props }: TextAreaProps) {
  return <textarea className={hasLongLine(props.value) ? `${className} long-line` : className} dir="auto" {...props} />;
}
