import { useEffect, useMemo, useRef, useState } from 'react';
import { joinMerge, mergeLines, type Choice, type MergeChunk } from '../../text/merge';
import { editorWords } from '../../words/editor';
import { mergeFields, withField, type FieldName, type PromptFields } from './fields';

const words = editorWords.merge;

interface MergeViewProps {
  base: PromptFields;
  theirs: PromptFields;
  yours: PromptFields;
  version: number;
  author: string;
  onUse: (merged: PromptFields) => void;
  onCancel: () => void;
}

/** Merges what somebody else saved with what the reader wrote. Nothing is taken without being shown. */
export function MergeView({ base, theirs, yours, version, author, onUse, onCancel }: MergeViewProps) {
  const chunks = useMemo(() => mergeLines(base.content, theirs.content, yours.content), [base, theirs, yours]);
  const { merged, conflicts } = useMemo(() => mergeFields(base, theirs, yours), [base, theirs, yours]);
  const [choices, setChoices] = useState<Readonly<Record<number, Choice>>>({});
  const [fieldChoices, setFieldChoices] = useState<Partial<Record<FieldName, Choice>>>({});
  /** The number of each conflict, by the place of its chunk. */
  const numbers = new Map(chunks.flatMap((chunk, index) => (chunk.kind === 'conflict' ? [index] : [])).map((index, number) => [index, number]));
  const total = conflicts.length + numbers.size;
  const title = useRef<HTMLHeadingElement>(null);
  // What happened is said before anything is asked.
  useEffect(() => title.current?.focus(), []);
  const use = () => {
    let fields = merged;
    for (const name of conflicts) if (fieldChoices[name] === 'theirs') fields = withField(fields, name, theirs);
    const content = joinMerge(chunks, Array.from(numbers.values(), (number) => choices[number] ?? 'yours'));
    onUse({ ...fields, content });
  };
  return (
    <section className="merge" aria-labelledby="merge-title">
      <h2 id="merge-title" ref={title} tabIndex={-1}>
        {words.title(version)}
      </h2>
      <p>{total === 0 ? words.clean : words.intro}</p>
      <p className="quiet small">
        {words.by} <bdi>{author}</bdi>
      </p>
      {conflicts.map((name, index) => (
        <Conflict
          key={name}
          title={`${words.conflict(index + 1, total)}: ${fieldLabel(name)}`}
          theirs={fieldText(theirs, name)}
          yours={fieldText(yours, name)}
          choice={fieldChoices[name] ?? 'yours'}
          choices={['theirs', 'yours']}
          onChoose={(choice) => setFieldChoices((known) => ({ ...known, [name]: choice }))}
        />
      ))}
      <div className="merge-text">
        {chunks.map((chunk, index) => {
          if (chunk.kind !== 'conflict') {
            // The chunks of a merge keep their places while it is shown.
            // oxlint-disable-next-line react/no-array-index-key
            return <MergedLines key={index} chunk={chunk} />;
          }
          const own = numbers.get(index) ?? 0;
          return (
            <Conflict
              // oxlint-disable-next-line react/no-array-index-key
              key={index}
              title={words.conflict(conflicts.length + own + 1, total)}
              theirs={chunk.theirs.join('\n')}
              yours={chunk.yours.join('\n')}
              choice={choices[own] ?? 'yours'}
              choices={['theirs', 'yours', 'both']}
              onChoose={(choice) => setChoices((known) => ({ ...known, [own]: choice }))}
            />
          );
        })}
      </div>
      <div className="form-row">
        <button type="button" className="button primary" onClick={use}>
          {words.use}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          {words.cancel}
        </button>
      </div>
    </section>
  );
}

/** Unchanged lines that are shown at each side of a change. */
const CONTEXT = 3;

function MergedLines({ chunk }: { chunk: Exclude<MergeChunk, { kind: 'conflict' }> }) {
  const { kind, lines } = chunk;
  if (kind !== 'same') {
    return (
      <div className={`merge-lines merge-${kind}`}>
        <p className="field-label">{words[kind]}</p>
        <pre dir="auto">{lines.join('\n') || words.nothing}</pre>
      </div>
    );
  }
  if (lines.length <= 2 * CONTEXT + 1) return <pre className="merge-lines" dir="auto">{lines.join('\n')}</pre>;
  return (
    <>
      <pre className="merge-lines" dir="auto">
        {lines.slice(0, CONTEXT).join('\n')}
      </pre>
      <details>
        <summary className="quiet small">{words.unchanged(lines.length - 2 * CONTEXT)}</summary>
        <pre className="merge-lines" dir="auto">
          {lines.slice(CONTEXT, -CONTEXT).join('\n')}
        </pre>
      </details>
      <pre className="merge-lines" dir="auto">
        {lines.slice(-CONTEXT).join('\n')}
      </pre>
    </>
  );
}

interface ConflictProps {
  title: string;
  theirs: string;
  yours: string;
  choice: Choice;
  choices: readonly Choice[];
  onChoose: (choice: Choice) => void;
}

function Conflict({ title, theirs, yours, choice, choices, onChoose }: ConflictProps) {
  return (
    <fieldset className="merge-conflict">
      <legend className="field-label">{title}</legend>
      <div className="merge-sides">
        <Side label={words.theirs} text={theirs} isTaken={choice !== 'yours'} />
        <Side label={words.yours} text={yours} isTaken={choice !== 'theirs'} />
      </div>
      <div className="form-row">
        {choices.map((name) => (
          <label key={name} className="merge-choice">
            <input type="radio" name={title} checked={choice === name} onChange={() => onChoose(name)} />
            {words[name]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Side({ label, text, isTaken }: { label: string; text: string; isTaken: boolean }) {
  return (
    <div className="merge-side" data-taken={isTaken || undefined}>
      <p className="field-label">{label}</p>
      {text === '' ? <p className="quiet">{words.nothing}</p> : <pre dir="auto">{text}</pre>}
    </div>
  );
}

function fieldLabel(name: FieldName): string {
  return editorWords[name];
}

function fieldText(fields: PromptFields, name: FieldName): string {
  if (name === 'tags') return fields.tags.join(', ');
  if (name === 'visibility') return editorWords.visibilities[fields.visibility];
  if (name === 'status') return editorWords.statuses[fields.status];
  return fields[name];
}
