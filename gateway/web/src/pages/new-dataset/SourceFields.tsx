import { useEffect, useRef, useState, type DragEvent } from 'react';
import { Field } from '../../ui/Field';
import { Icon } from '../../ui/Icon';
import { TextArea } from '../../ui/TextArea';
import { testWords } from '../../words/tests';
import { MAX_BYTES, sourceOfFile, sourceOfText, type DatasetSource } from './source';

const words = testWords.create;

/** Milliseconds after the last key before a text is sent to be read. */
const TYPING_PAUSE = 500;

interface SourceFieldsProps {
  /** The file that is taken, if one is. */
  fileName: string | undefined;
  onTake: (source: DatasetSource | null) => void;
}

/** Takes the rows: a file that is dropped or chosen, or a text that is pasted. */
export function SourceFields({ fileName, onTake }: SourceFieldsProps) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const typing = useRef<number | undefined>(undefined);
  useEffect(() => () => clearTimeout(typing.current), []);
  const type = (next: string) => {
    setText(next);
    clearTimeout(typing.current);
    typing.current = window.setTimeout(() => onTake(next.trim() === '' ? null : sourceOfText(next)), TYPING_PAUSE);
  };
  const read = async (file: File | undefined) => {
    if (!file) return;
    clearTimeout(typing.current);
    setProblem(null);
    if (file.size > MAX_BYTES) return setProblem(words.tooLarge);
    try {
      onTake(await sourceOfFile(file));
    } catch {
      // It was moved or changed after it was chosen.
      setProblem(words.unreadable);
    }
  };
  if (fileName !== undefined) return <TakenFile name={fileName} onClear={() => onTake(text.trim() === '' ? null : sourceOfText(text))} />;
  return (
    <>
      <DropZone onFile={(file) => void read(file)} />
      <div role="alert">{problem !== null && <p className="notice danger">{problem}</p>}</div>
      <Field label={words.paste} hint={words.pasteHint}>
        {(control) => (
          <TextArea {...control} className="input dataset-text" rows={6} spellCheck={false} value={text} onChange={(event) => type(event.currentTarget.value)} />
        )}
      </Field>
    </>
  );
}

function TakenFile({ name, onClear }: { name: string; onClear: () => void }) {
  return (
    <p className="form-row">
      <Icon name="file" />
      <span dir="auto">{words.chosen(name)}</span>
      <button type="button" className="link-button" onClick={onClear}>
        {words.other}
      </button>
    </p>
  );
}

/** A place to drop a file on, which opens the file dialog too. */
function DropZone({ onFile }: { onFile: (file: File | undefined) => void }) {
  const [isOver, setOver] = useState(false);
  const hover = (event: DragEvent, next: boolean) => {
    event.preventDefault();
    setOver(next);
  };
  // The label only hears what is dropped on it; the field inside is the control.
  /* oxlint-disable jsx-a11y/no-noninteractive-element-interactions */
  return (
    <label
      className="drop-zone"
      data-over={isOver || undefined}
      onDragOver={(event) => hover(event, true)}
      onDragLeave={(event) => hover(event, false)}
      onDrop={(event) => {
        hover(event, false);
        onFile(event.dataTransfer.files[0]);
      }}
    >
      <strong>{words.drop}</strong>
      <span className="quiet small">{words.dropHint}</span>
      <input
        type="file"
        accept=".csv,.tsv,.txt,.json,text/csv,text/tab-separated-values,text/plain,application/json"
        className="visually-hidden"
        onChange={(event) => {
          onFile(event.currentTarget.files?.[0]);
          // The same file, mended, can be chosen again.
          event.currentTarget.value = '';
        }}
      />
    </label>
  );
}
