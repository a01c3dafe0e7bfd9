import { Link, useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useId, useRef, useState } from 'react';
import type { Prompt } from '../../api/types';
import { fullCount, timeAgo } from '../../format';
import { useSession } from '../../session/useSession';
import { useSubmit } from '../../session/useSubmit';
import { Field } from '../../ui/Field';
import { FormProblem } from '../../ui/FormProblem';
import { toast } from '../../ui/Toasts';
import { editorWords as words } from '../../words/editor';
import { queryClient } from '../../api/queryClient';
import type { Draft, DraftBase } from './draft';
import { checkFields, EMPTY, FIELD_NAMES, lengthOf, type FieldName, type PromptFields } from './fields';
import { MergeView } from './MergeView';
import { PlaceholderList } from './PlaceholderList';
import { Preview } from './Preview';
import { SideFields } from './SideFields';
import { TextEditor } from './TextEditor';
import { useDraft } from './useDraft';
import { useSave } from './useSave';

interface PromptFormProps {
  promptId: string | null;
  /** The version that is edited; null for a new prompt. */
  current: DraftBase | null;
  draft: Draft | null;
}

const SHOWN = [...FIELD_NAMES, 'changeLog'];

/** The form of a prompt: its text first, the rest beside it. */
export function PromptForm({ promptId, current, draft }: PromptFormProps) {
  const [fields, setFields] = useState<PromptFields>(draft?.fields ?? current?.fields ?? EMPTY);
  const [changeLog, setChangeLog] = useState(draft?.changeLog ?? '');
  const [base, setBase] = useState(draft?.base ?? current);
  const [isRestored, setRestored] = useState(draft !== null);
  const [conflict, setConflict] = useState<{ theirs: Prompt; base: DraftBase } | null>(null);
  const [touched, setTouched] = useState<ReadonlySet<FieldName>>(new Set());
  const [isPreview, setPreview] = useState(false);
  /** Changes when the text is replaced from outside the editor. */
  const [textKey, setTextKey] = useState(0);
  const [note, setNote] = useState('');
  const form = useRef<HTMLFormElement>(null);
  const { keep, discard, isFull } = useDraft(promptId);
  const { user } = useSession();
  const save = useSave(promptId);
  const navigate = useNavigate();
  const labelId = useId();

  const change = (part: Partial<PromptFields>) => {
    const next = { ...fields, ...part };
    setFields(next);
    setNote('');
    const names = FIELD_NAMES.filter((name) => name in part);
    if (names.some((name) => !touched.has(name))) setTouched(new Set([...touched, ...names]));
    keep({ fields: next, changeLog, base });
  };
  const changeNote = (text: string) => {
    setChangeLog(text);
    keep({ fields, changeLog: text, base });
  };
  const replace = (next: PromptFields, nextBase: DraftBase | null) => {
    setFields(next);
    setBase(nextBase);
    setTextKey(textKey + 1);
  };

  const { submit, isBusy, problem, clear } = useSubmit(async () => {
    setNote('');
    setTouched(new Set(FIELD_NAMES));
    if (Object.keys(checkFields(fields)).length > 0) {
      setNote(words.correct);
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
      return;
    }
    const outcome = await save(fields, changeLog, base);
    if (outcome.kind === 'conflict') setConflict(outcome);
    else if (outcome.kind === 'unchanged') setNote(words.noChange);
    else {
      discard();
      await queryClient.invalidateQueries();
      toast(promptId === null ? words.created : words.saved);
      await navigate({ to: '/p/$id', params: { id: outcome.prompt.id } });
    }
  });

  const found: Partial<Record<FieldName, string[]>> = checkFields(fields);
  const errors: Partial<Record<FieldName | 'changeLog', string[]>> = { ...problem?.errors };
  for (const name of FIELD_NAMES) {
    const own = found[name];
    if (own && touched.has(name)) errors[name] = own;
  }
  const startOver = () => {
    discard();
    clear();
    replace(current?.fields ?? EMPTY, current);
    setChangeLog('');
    setRestored(false);
    setTouched(new Set());
  };

  if (conflict && base) {
    return (
      <MergeView
        base={base.fields}
        theirs={conflict.base.fields}
        yours={fields}
        version={conflict.base.version}
        author={conflict.theirs.username}
        onCancel={() => setConflict(null)}
        onUse={(merged) => {
          replace(merged, conflict.base);
          keep({ fields: merged, changeLog, base: conflict.base });
          setConflict(null);
          setNote(words.merge.applied);
        }}
      />
    );
  }
  return (
    <form ref={form} className="editor" onSubmit={submit} noValidate>
      <div className="editor-main">
        {isRestored && draft && (
          <p className="notice small form-row">
            {words.draftRestored(timeAgo(new Date(draft.savedAt).toISOString()))}
            <button type="button" className="link-button" onClick={startOver}>
              {words.draftDiscard}
            </button>
          </p>
        )}
        <FormProblem problem={problem} fields={SHOWN} />
        <Field label={words.title} errors={errors.title}>
          {(control) => (
            <input {...control} className="input editor-title" dir="auto" value={fields.title} onChange={(event) => change({ title: event.currentTarget.value })} />
          )}
        </Field>
        <TextPart
          key={textKey}
          labelId={labelId}
          content={fields.content}
          errors={errors.content}
          isPreview={isPreview}
          onPreview={setPreview}
          onChange={(content) => change({ content })}
        />
      </div>
      <div className="editor-side">
        <div className="editor-actions">
          <button type="submit" className="button primary" aria-disabled={isBusy}>
            {isBusy ? words.saving : promptId === null ? words.create : words.save}
          </button>
          {promptId !== null && (
            <Link to="/p/$id" params={{ id: promptId }} className="button plain">
              {words.backToPrompt}
            </Link>
          )}
          <p className="quiet small" role="status">
            {note || (isFull ? words.draftFull : user === null ? words.needAccount : words.draftKept)}
          </p>
        </div>
        <SideFields fields={fields} errors={errors} onChange={change} changeLog={changeLog} onChangeLog={changeNote} isNew={promptId === null} />
      </div>
    </form>
  );
}

interface TextPartProps {
  labelId: string;
  content: string;
  errors: string[] | undefined;
  isPreview: boolean;
  onPreview: (isPreview: boolean) => void;
  onChange: (content: string) => void;
}

function TextPart({ labelId, content, errors, isPreview, onPreview, onChange }: TextPartProps) {
  // A long text is looked through between keys, not with each.
  const settled = useDeferredValue(content);
  return (
    <div className="field">
      <div className="bar">
        <span id={labelId} className="field-label">
          {words.content}
        </span>
        <div role="group" aria-label={words.view} className="switch">
          <button type="button" aria-pressed={!isPreview} onClick={() => onPreview(false)}>
            {words.write}
          </button>
          <button type="button" aria-pressed={isPreview} onClick={() => onPreview(true)}>
            {words.preview}
          </button>
        </div>
      </div>
      {isPreview ? (
        <Preview content={settled} />
      ) : (
        <TextEditor value={content} onChange={onChange} labelledBy={labelId} describedBy={`${labelId}-hint ${labelId}-errors`} isInvalid={errors !== undefined} />
      )}
      <p id={`${labelId}-errors`} className="field-errors">
        {errors?.join(' ')}
      </p>
      <p id={`${labelId}-hint`} className="field-hint editor-hint">
        <span>{words.contentHint}</span>
        <span>{words.characters(fullCount(lengthOf(settled)))}</span>
      </p>
      <PlaceholderList content={settled} />
    </div>
  );
}
