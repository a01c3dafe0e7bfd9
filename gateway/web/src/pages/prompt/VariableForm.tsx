import { memo, useCallback, type Dispatch, type SetStateAction } from 'react';
import type { Variable } from '../../text/placeholders';
import { Field } from '../../ui/Field';
import { TextArea } from '../../ui/TextArea';
import { words } from '../../words/en';

interface VariableFormProps {
  variables: Variable[];
  values: Record<string, string>;
  onChange: Dispatch<SetStateAction<Record<string, string>>>;
}

/** A field for each placeholder. An empty one counts as not given: its default holds. */
export function VariableForm({ variables, values: given, onChange }: VariableFormProps) {
  const set = useCallback(
    (name: string, value: string) =>
      onChange((values) => {
        const rest = Object.entries(values).filter(([other]) => other !== name);
        return Object.fromEntries(value === '' ? rest : [...rest, [name, value]]);
      }),
    [onChange],
  );
  return (
    <form className="variables" aria-label={words.prompt.variables} onSubmit={(event) => event.preventDefault()}>
      {variables.map((variable) => (
        <VariableField key={variable.name} variable={variable} value={Object.hasOwn(given, variable.name) ? (given[variable.name] ?? '') : ''} onSet={set} />
      ))}
      {Object.keys(given).length > 0 && (
        <button type="button" className="button plain variables-clear" onClick={() => onChange({})}>
          {words.prompt.clear}
        </button>
      )}
    </form>
  );
}

interface VariableFieldProps {
  variable: Variable;
  value: string;
  onSet: (name: string, value: string) => void;
}

/** Drawn again only when its own value changes: another may have 100,000 characters. */
const VariableField = memo(function VariableField({ variable, value, onSet }: VariableFieldProps) {
  return (
    <Field label={variable.name}>
      {(control) => (
        <TextArea
          {...control}
          className="input variable-input"
          rows={1}
          spellCheck={false}
          value={value}
          placeholder={variable.default ?? (variable.isRequired ? words.prompt.required : '')}
          onChange={(event) => onSet(variable.name, event.currentTarget.value)}
        />
      )}
    </Field>
  );
});
