import { useMemo } from 'react';
import { HelpButton } from '../../help/HelpButton';
import { literalsOf } from '../../text/literals';
import { variablesOf } from '../../text/placeholders';
import { editorWords as words } from '../../words/editor';

/** Placeholders that are named; a run takes no more values than these. */
export const MAX_SHOWN = 100;

/** Names the placeholders of a text, and what looks like one but is none. */
export function PlaceholderList({ content }: { content: string }) {
  const variables = useMemo(() => variablesOf(content), [content]);
  const literals = useMemo(() => literalsOf(content), [content]);
  return (
    <div className="placeholder-list">
      <div className="bar">
        <h2 className="field-label">{words.variables}</h2>
        <HelpButton topic="placeholders" />
      </div>
      {variables.length === 0 ? (
        <p className="quiet small">{words.noVariables}</p>
      ) : (
        <ul className="tag-list">
          {variables.slice(0, MAX_SHOWN).map((variable) => (
            <li key={variable.name} className="tag accent" title={variable.default === undefined ? undefined : words.default(variable.default)}>
              <bdi>{variable.name}</bdi>
            </li>
          ))}
          {variables.length > MAX_SHOWN && <li className="quiet small">{words.moreVariables(variables.length - MAX_SHOWN)}</li>}
        </ul>
      )}
      {literals.length > 0 && (
        <>
          <h2 className="field-label">{words.literals}</h2>
          <p className="quiet small">{words.literalsHint}</p>
          <ul className="tag-list">
            {literals.map((literal) => (
              <li key={literal} className="tag">
                <code>{literal}</code>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
