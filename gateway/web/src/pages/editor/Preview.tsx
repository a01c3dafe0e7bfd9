import { useMemo, useState } from 'react';
import { fillIn, variablesOf } from '../../text/placeholders';
import { Field } from '../../ui/Field';
import { editorWords as words } from '../../words/editor';
import { MAX_SHOWN } from './PlaceholderList';

/** The text with its placeholders filled in, and a form for their values. */
export function Preview({ content }: { content: string }) {
  const [values, setValues] = useState<Record<string, string>>({});
  const variables = useMemo(() => variablesOf(content), [content]);
  const parts = useMemo(() => {
    const given = Object.entries(values).filter(([, value]) => value !== '');
    return fillIn(content, Object.fromEntries(given));
  }, [content, values]);
  return (
    <div className="preview">
      {variables.length > 0 && (
        <fieldset className="preview-values">
          <legend className="field-label">{words.values}</legend>
          {variables.slice(0, MAX_SHOWN).map((variable) => (
            <Field key={variable.name} label={variable.name}>
              {(control) => (
                <input
                  {...control}
                  className="input"
                  dir="auto"
                  placeholder={variable.default}
                  value={values[variable.name] ?? ''}
                  onChange={(event) => {
                    const { value } = event.currentTarget;
                    setValues((known) => ({ ...known, [variable.name]: value }));
                  }}
                />
              )}
            </Field>
          ))}
        </fieldset>
      )}
      <pre className="preview-text" dir="auto">
        {parts.map((part, index) =>
          part.kind === 'text' ? (
            part.text
          ) : (
            // Parts have no identity but their place.
            // oxlint-disable-next-line react/no-array-index-key
            <mark key={index} className={`part-${part.kind}`} title={part.name}>
              {part.text}
            </mark>
          ),
        )}
      </pre>
    </div>
  );
}
