import { lazy, memo, Suspense } from 'react';
import { copyText } from '../../text/clipboard';
import { Icon } from '../../ui/Icon';
import { toast } from '../../ui/Toasts';
import { playgroundWords as words } from '../../words/playground';
import type { Answer } from './answers';
import { Figures } from './Figures';

const Markdown = lazy(() => import('../../ui/Markdown'));

/** Characters beyond which an answer stays plain text: parsing it would hold up the page. */
const MAX_MARKDOWN = 60_000;

interface AnswerCardProps {
  answer: Answer;
  isMarkdown: boolean;
  badges: readonly string[];
}

/** One model's answer: its text as it comes, and what it took. */
export const AnswerCard = memo(function AnswerCard({ answer, isMarkdown, badges }: AnswerCardProps) {
  const { target, text, test } = answer;
  const state = test ? words.statuses[test.status] : text === '' ? words.waiting : words.writing;
  return (
    <article className="answer" aria-busy={test === null} aria-label={target.modelName}>
      <header>
        <h3>
          <bdi>{target.modelName}</bdi>
        </h3>
        <span className="quiet small">{target.modelProvider}</span>
        {badges.map((badge) => (
          <span key={badge} className="tag accent">
            {badge}
          </span>
        ))}
        <span className="answer-state small" data-status={test?.status ?? 'RUNNING'}>
          {state}
        </span>
      </header>
      <AnswerText answer={answer} isMarkdown={isMarkdown} />
      {test && (text !== '' || test.status === 'COMPLETED') && (
        <footer className="small">
          <Figures test={test} />
          {text !== '' && (
            <button type="button" className="button plain icon-only" aria-label={`${words.copy}: ${target.modelName}`} onClick={() => void copy(text)}>
              <Icon name="copy" />
            </button>
          )}
        </footer>
      )}
    </article>
  );
});

function AnswerText({ answer: { text, test }, isMarkdown }: { answer: Answer; isMarkdown: boolean }) {
  const plain = (
    <div className="answer-text" dir="auto">
      {text}
    </div>
  );
  return (
    <div className="answer-body">
      {test && isMarkdown && text !== '' && text.length <= MAX_MARKDOWN ? (
        <Suspense fallback={plain}>
          <Markdown text={text} />
        </Suspense>
      ) : (
        plain
      )}
      {test && text === '' && !test.errorMessage && <p className="quiet">{words.noAnswer}</p>}
      {test?.errorMessage && <p className="notice danger small">{test.errorMessage}</p>}
      {test?.responseIncomplete && <p className="quiet small">{words.incomplete}</p>}
    </div>
  );
}

async function copy(text: string): Promise<void> {
  toast((await copyText(text)) ? words.copied : words.notCopied);
}
