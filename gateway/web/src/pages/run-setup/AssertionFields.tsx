import { useRef, type ComponentProps } from 'react';
import { HelpButton } from '../../help/HelpButton';
import { Field } from '../../ui/Field';
import { Icon } from '../../ui/Icon';
import { TextArea } from '../../ui/TextArea';
import { TextField } from '../../ui/TextField';
import { testWords } from '../../words/tests';
import { isKind, KINDS, newDraft, problemsOf, type AssertionDraft, type AssertionKind, type DraftField } from '../../evaluation/assertions';

const words = testWords.assertions;

/** The most assertions of a run. */
const MAX_ASSERTIONS = 50;

interface AssertionFieldsProps {
  drafts: AssertionDraft[];
  /** The columns of the data set. */
  variables: readonly string[];
  /** Whether what is missing is said already. */
  isChecked: boolean;
  /** What the server found wrong. */
  errors: Record<string, string[]>;
  onChange: (drafts: AssertionDraft[]) => void;
}

/** What each answer must be: assertions, one below the other. */
export function AssertionFields({ drafts, onChange, ...shared }: AssertionFieldsProps) {
  const add = () => onChange([...drafts, newDraft(Math.max(0, ...drafts.map((draft) => draft.id)) + 1)]);
  return (
    <fieldset className="form assertions">
      <legend className="field-label">{words.title}</legend>
      <div>
        <HelpButton topic="assertions" />
      </div>
      {drafts.length === 0 && <p className="quiet small">{words.none}</p>}
      {drafts.map((draft, index) => (
        <AssertionField
          key={draft.id}
          draft={draft}
          index={index}
          {...shared}
          onChange={(next) => onChange(drafts.with(index, next))}
          onRemove={() => onChange(drafts.filter((other) => other.id !== draft.id))}
        />
      ))}
      {drafts.length < MAX_ASSERTIONS && (
        <div>
          <button type="button" className="button plain" onClick={add}>
            <Icon name="plus" />
            {words.add}
          </button>
        </div>
      )}
    </fieldset>
  );
}

interface AssertionFieldProps extends Omit<AssertionFieldsProps, 'drafts' | 'onChange'> {
  draft: AssertionDraft;
  index: number;
  onChange: (draft: AssertionDraft) => void;
  onRemove: () => void;
}

function AssertionField({ draft, index, variables, isChecked, errors, onChange, onRemove }: AssertionFieldProps) {
  const { value, isRange, threshold } = KINDS[draft.kind];
  const problems = problemsOf(draft, variables);
  const errorsOf = (field: DraftField) => {
    const own = problems[field];
    // What is wrong with what was written is said at once; what is missing only when it is sent.
    const isSaid = own !== undefined && (isChecked || draft[field].trim() !== '');
    return isSaid ? [own] : errors[`assertions[${index}].${field === 'min' || field === 'max' ? 'value' : field}`];
  };
  const line = (field: DraftField, label: string, input: Partial<ComponentProps<typeof TextField>> = {}) => (
    <TextField label={label} autoComplete="off" {...input} errors={errorsOf(field)} value={draft[field]} onChange={(text) => onChange({ ...draft, [field]: text })} />
  );
  return (
    <div className="assertion" role="group" aria-label={words.legend(index + 1)}>
      <div className="assertion-head">
        <KindField kind={draft.kind} errors={errors[`assertions[${index}].type`]} onChange={(kind) => onChange({ ...draft, kind })} />
        <label className="check-row">
          <input type="checkbox" checked={draft.isNegated} onChange={(event) => onChange({ ...draft, isNegated: event.currentTarget.checked })} />
          {words.negated}
        </label>
        <button type="button" className="button plain icon-only" aria-label={words.remove(index + 1)} onClick={onRemove}>
          <Icon name="close" />
        </button>
      </div>
      {value && <ValueField draft={draft} label={words.values[value]} variables={variables} errors={errorsOf('value')} onChange={onChange} />}
      {draft.kind === 'equals' && !draft.isJson && (
        <label className="check-row">
          <input type="checkbox" checked={draft.isTrimmed} onChange={(event) => onChange({ ...draft, isTrimmed: event.currentTarget.checked })} />
          {words.trim}
        </label>
      )}
      <div className="assertion-numbers">
        {isRange && line('min', words.values.min, { inputMode: 'numeric' })}
        {isRange && line('max', words.values.max, { inputMode: 'numeric' })}
        {threshold && line('threshold', words.values[threshold], { inputMode: 'decimal', ...(threshold === 'edits' && { placeholder: '5' }) })}
        {line('weight', words.values.weight, { inputMode: 'decimal', placeholder: '1', title: words.weightHint })}
      </div>
    </div>
  );
}

interface KindFieldProps {
  kind: AssertionKind;
  errors: string[] | undefined;
  onChange: (kind: AssertionKind) => void;
}

function KindField({ kind, errors, onChange }: KindFieldProps) {
  return (
    <Field label={words.type} hint={words.help[kind]} errors={errors}>
      {(control) => (
        <select {...control} className="input" value={kind} onChange={(event) => isKind(event.currentTarget.value) && onChange(event.currentTarget.value)}>
          {Object.keys(KINDS)
            .filter(isKind)
            .map((name) => (
              <option key={name} value={name}>
                {words.names[name]}
              </option>
            ))}
        </select>
      )}
    </Field>
  );
}

interface ValueFieldProps {
  draft: AssertionDraft;
  label: string;
  variables: readonly string[];
  errors: string[] | undefined;
  onChange: (draft: AssertionDraft) => void;
}

/** The text, texts, pattern or schema; a click puts a value of the row where the cursor is. */
function ValueField({ draft, label, variables, errors, onChange }: ValueFieldProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const insert = (name: string) => {
    const [start, end] = [area.current?.selectionStart ?? draft.value.length, area.current?.selectionEnd ?? draft.value.length];
    onChange({ ...draft, value: `${draft.value.slice(0, start)}{{${name}}}${draft.value.slice(end)}` });
    area.current?.focus();
  };
  const isSchema = KINDS[draft.kind].value === 'schema';
  return (
    <>
      <Field label={label} errors={errors}>
        {(control) => (
          <TextArea
            {...control}
            ref={area}
            className="input"
            rows={KINDS[draft.kind].value === 'text' ? 1 : 3}
            spellCheck={false}
            value={draft.value}
            onChange={(event) => onChange({ ...draft, value: event.currentTarget.value })}
          />
        )}
      </Field>
      {!isSchema && (
        <p className="form-row small quiet">
          <span>{words.placeholders}</span>
          {['expected', ...variables.slice(0, 8)].map((name) => (
            <button key={name} type="button" className="tag" aria-label={words.insert(name)} onClick={() => insert(name)}>
              <bdi>{`{{${name}}}`}</bdi>
            </button>
          ))}
        </p>
      )}
    </>
  );
}
