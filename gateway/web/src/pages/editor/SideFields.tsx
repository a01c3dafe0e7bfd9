import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { call, promptApi, testApi } from '../../api/client';
import { Field } from '../../ui/Field';
import { TextArea } from '../../ui/TextArea';
import { editorWords as words } from '../../words/editor';
import { STATUSES, VISIBILITIES, type FieldName, type PromptFields } from './fields';
import { TagField } from './TagField';

interface SideFieldsProps {
  fields: PromptFields;
  errors: Partial<Record<FieldName | 'changeLog', string[]>>;
  onChange: (change: Partial<PromptFields>) => void;
  changeLog: string;
  onChangeLog: (text: string) => void;
  isNew: boolean;
}

/** What stands beside the text. */
export function SideFields({ fields, errors, onChange, changeLog, onChangeLog, isNew }: SideFieldsProps) {
  const listId = useId();
  const categories = useQuery({
    queryKey: ['categories', 'names'],
    queryFn: ({ signal }) => call(promptApi.GET('/prompts/categories', { params: { query: { size: 100 } }, signal })),
  });
  const models = useQuery({
    queryKey: ['providers'],
    queryFn: ({ signal }) => call(testApi.GET('/api/tests/providers', { signal })),
  });
  return (
    <>
      <Field label={words.category} errors={errors.category}>
        {(control) => (
          <input
            {...control}
            className="input"
            list={`${listId}-categories`}
            dir="auto"
            value={fields.category}
            onChange={(event) => onChange({ category: event.currentTarget.value })}
          />
        )}
      </Field>
      <datalist id={`${listId}-categories`}>
        {categories.data?.content.map((category) => (
          <option key={category.name}>{category.name}</option>
        ))}
      </datalist>
      <Field label={words.description} errors={errors.description}>
        {(control) => (
          <TextArea
            {...control}
            className="input"
            rows={3}
            dir="auto"
            value={fields.description}
            onChange={(event) => onChange({ description: event.currentTarget.value })}
          />
        )}
      </Field>
      <TagField tags={fields.tags} errors={errors.tags} onChange={(tags) => onChange({ tags })} />
      <fieldset className="choices">
        <legend className="field-label">{words.visibility}</legend>
        {VISIBILITIES.map((visibility) => (
          <label key={visibility}>
            <input
              type="radio"
              name={`${listId}-visibility`}
              checked={fields.visibility === visibility}
              onChange={() => onChange({ visibility })}
            />
            {words.visibilities[visibility]}
          </label>
        ))}
      </fieldset>
      <Field label={words.status} errors={errors.status}>
        {(control) => (
          <select
            {...control}
            className="input"
            value={fields.status}
            onChange={(event) => {
              const status = STATUSES.find((name) => name === event.currentTarget.value);
              if (status) onChange({ status });
            }}
          >
            {STATUSES.map((status) => (
              <option key={status} value={status}>
                {words.statuses[status]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={words.model} hint={words.modelHint} errors={errors.model}>
        {(control) => (
          <input
            {...control}
            className="input"
            list={`${listId}-models`}
            spellCheck={false}
            value={fields.model}
            onChange={(event) => onChange({ model: event.currentTarget.value })}
          />
        )}
      </Field>
      <datalist id={`${listId}-models`}>
        {models.data?.models.map((model) => (
          <option key={`${model.provider}/${model.name}`}>{model.name}</option>
        ))}
      </datalist>
      {!isNew && (
        <Field label={words.changeLog} hint={words.changeLogHint} errors={errors.changeLog}>
          {(control) => (
            <input {...control} className="input" dir="auto" maxLength={500} value={changeLog} onChange={(event) => onChangeLog(event.currentTarget.value)} />
          )}
        </Field>
      )}
    </>
  );
}
