import { useEffect, useRef } from 'react';
import { isProblem } from '../../api/problem';
import { useAction } from '../../session/useAction';
import { TextArea } from '../../ui/TextArea';
import { useKeptText } from '../../ui/useKeptText';
import { words } from '../../words/en';

/** The characters that a comment has at most. */
const MAX_LENGTH = 5_000;

interface CommentFormProps {
  label: string;
  submit: string;
  initial?: string;
  onSubmit: (content: string, key: string) => Promise<unknown>;
  onDone: () => void;
  onCancel?: () => void;
  newKey: () => string;
  /** Keeps what is written in this tab under this name, until it is sent. */
  keepAs?: string;
  /** Set for a form that the reader has opened: it takes the focus. */
  isOpened?: boolean;
}

/** A text and a button. What was written stays until the server has it. */
export function CommentForm({ label, submit, initial = '', onSubmit, onDone, onCancel, newKey, keepAs, isOpened = false }: CommentFormProps) {
  const [content, setContent] = useKeptText(keepAs, initial);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (isOpened) field.current?.focus();
  }, [isOpened]);
  const isLong = content.length > MAX_LENGTH;
  /** The same text is sent under the same key: an answer that was lost makes no second comment. */
  const sent = useRef<{ content: string; key: string } | undefined>(undefined);
  const action = useAction(
    (text: string) => {
      if (sent.current?.content !== text) sent.current = { content: text, key: newKey() };
      return onSubmit(text, sent.current.key);
    },
    {
      showsError: true,
      onDone: () => {
        sent.current = undefined;
        setContent('');
        onDone();
      },
    },
  );
  const fieldErrors = isProblem(action.error) ? action.error.errors['content'] : undefined;
  return (
    <form
      className="comment-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (content.trim() !== '' && !isLong) action.run(content);
      }}
    >
      <TextArea
        ref={field}
        className="input"
        rows={3}
        dir="auto"
        aria-label={label}
        aria-invalid={isLong || action.error !== null || undefined}
        placeholder={label}
        value={content}
        onChange={(event) => {
          setContent(event.currentTarget.value);
          if (action.error) action.reset();
        }}
      />
      {isLong && <p className="error-text">{words.discussion.tooLong(content.length, MAX_LENGTH)}</p>}
      {action.error && (
        <p className="error-text" role="alert">
          {fieldErrors?.join(' ') ?? action.error.message}
        </p>
      )}
      <div className="comment-buttons">
        <button type="submit" className="button" aria-disabled={action.isPending || content.trim() === '' || isLong}>
          {submit}
        </button>
        {onCancel && (
          <button type="button" className="button plain" onClick={onCancel}>
            {words.cancel}
          </button>
        )}
      </div>
    </form>
  );
}
