import { lazy, Suspense, useEffect, useRef, useState } from 'react';

const load = () => import('./CodeEditor');
const CodeEditor = lazy(load);

export interface TextEditorProps {
  /** The text to begin with. Another text needs another `key`. */
  value: string;
  onChange: (text: string) => void;
  /** The id of the label. */
  labelledBy: string;
  describedBy: string | undefined;
  isInvalid: boolean;
}

/**
 * The editor of a prompt's text: a plain text area, until the better one is loaded. It takes over between
 * two keys, with the caret where it was.
 */
export function TextEditor(props: TextEditorProps) {
  const [taken, setTaken] = useState<{ selection: [number, number] | null } | null>(null);
  const [text, setText] = useState(props.value);
  const area = useRef<HTMLTextAreaElement>(null);
  const isComposing = useRef(false);
  const { onChange } = props;

  useEffect(() => {
    let isGone = false;
    const takeOver = () => {
      if (isGone) return;
      const element = area.current;
      if (!element) return;
      if (isComposing.current) {
        element.addEventListener('compositionend', () => setTimeout(takeOver), { once: true });
        return;
      }
      const isFocused = document.activeElement === element;
      setTaken({ selection: isFocused ? [element.selectionStart, element.selectionEnd] : null });
    };
    // Without the chunk the text area stays.
    load().then(takeOver, () => {});
    return () => {
      isGone = true;
    };
  }, []);

  const change = (next: string) => {
    setText(next);
    onChange(next);
  };
  const plain = (
    <textarea
      ref={area}
      className="text-editor plain"
      aria-labelledby={props.labelledBy}
      aria-describedby={props.describedBy}
      aria-invalid={props.isInvalid || undefined}
      dir="auto"
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      onCompositionStart={() => {
        isComposing.current = true;
      }}
      onCompositionEnd={() => {
        isComposing.current = false;
      }}
    />
  );
  if (taken === null) return plain;
  return (
    <Suspense fallback={plain}>
      <CodeEditor {...props} value={text} onChange={change} selection={taken.selection} />
    </Suspense>
  );
}
