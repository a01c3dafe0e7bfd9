import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useDeferredValue, useMemo, type Dispatch, type SetStateAction } from 'react';
import type { Prompt } from '../../api/types';
import { fullCount } from '../../format';
import { useViewer } from '../../session/useViewer';
import { fillIn, variablesOf, type Part } from '../../text/placeholders';
import { words } from '../../words/en';
import { PremiumBox } from './PremiumBox';
import { RatingBox } from './RatingBox';
import { Related } from './Related';
import { VariableForm } from './VariableForm';

// Runs are for the author, and few pages have their words.
const PromptRuns = lazy(() => import('./PromptRuns').then((module) => ({ default: module.PromptRuns })));

interface PromptTabProps {
  prompt: Prompt;
  values: Record<string, string>;
  onChange: Dispatch<SetStateAction<Record<string, string>>>;
}

/** The text of a prompt under a form for its placeholders; beside it, what is known about it. */
export function PromptTab({ prompt, values, onChange }: PromptTabProps) {
  const viewer = useViewer();
  const content = prompt.content ?? undefined;
  const variables = useMemo(() => variablesOf(content ?? ''), [content]);
  return (
    <div className="prompt-columns">
      <div className="prompt-main">
        {prompt.description !== null && prompt.description !== undefined && (
          <p className="prompt-description" dir="auto">
            {prompt.description}
          </p>
        )}
        {prompt.isPremium && <PremiumBox prompt={prompt} />}
        {variables.length > 0 && <VariableForm variables={variables} values={values} onChange={onChange} />}
        {content === undefined ? (
          <section className="prompt-text" aria-label={words.prompt.preview}>
            {prompt.contentPreview}…
          </section>
        ) : (
          <LiveText content={content} values={values} />
        )}
      </div>
      <aside className="prompt-aside" aria-label={words.prompt.about}>
        {prompt.tags.length > 0 && (
          <section>
            <h2>{words.explore.tags}</h2>
            <p className="tag-list">
              {prompt.tags.map((tag) => (
                <Link key={tag} to="/explore" search={{ tag }} className="tag">
                  <bdi>{tag}</bdi>
                </Link>
              ))}
            </p>
          </section>
        )}
        <section>
          <h2>{words.prompt.labels}</h2>
          <p className="tag-list">
            {prompt.labels.length === 0 && <span className="quiet small">{words.prompt.noLabels}</span>}
            {prompt.labels.map((label) => (
              <span key={label} className="tag">
                {label}
              </span>
            ))}
          </p>
        </section>
        {prompt.model !== null && prompt.model !== undefined && (
          <section>
            <h2>{words.prompt.model}</h2>
            <p className="small">
              <bdi>{prompt.model}</bdi>
            </p>
          </section>
        )}
        <RatingBox prompt={prompt} />
        {viewer === prompt.userId && (
          <Suspense>
            <PromptRuns promptId={prompt.id} userId={prompt.userId} />
          </Suspense>
        )}
        <Related promptId={prompt.id} />
      </aside>
    </div>
  );
}

/** The characters of one value that are drawn: a line of 100,000 takes a browser half a second each time. */
const MAX_SHOWN = 2_000;

/** The text with every value, default and gap marked. Copying does not read this: it takes the text itself. */
function LiveText({ content, values }: { content: string; values: Record<string, string> }) {
  // Typing never waits for the text.
  const shown = useDeferredValue(values);
  const parts = useMemo(() => fillIn(content, shown), [content, shown]);
  return (
    <section className="prompt-text" aria-label={words.prompt.text}>
      {parts.map((part, index) => (part.kind === 'text' ? part.text : <Slot key={index} part={part} />))}
    </section>
  );
}

function Slot({ part }: { part: Exclude<Part, { kind: 'text' }> }) {
  const rest = part.text.length - MAX_SHOWN;
  return (
    <mark className={`slot ${part.kind}`} title={`${part.name}: ${words.prompt.slots[part.kind]}`}>
      {rest > 0 ? part.text.slice(0, MAX_SHOWN) : part.text}
      {rest > 0 && <em>{words.prompt.cut(fullCount(rest))}</em>}
    </mark>
  );
}
