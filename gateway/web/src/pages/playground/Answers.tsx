import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call, testApi } from '../../api/client';
import { playgroundWords as words } from '../../words/playground';
import { AnswerCard } from './AnswerCard';
import type { Answer } from './answers';

interface AnswersProps {
  answers: readonly Answer[];
  comparisonId: string | null;
  isOver: boolean;
}

/** The answers side by side, and which of them was the cheapest and the fastest. */
export function Answers({ answers, comparisonId, isOver }: AnswersProps) {
  const [isMarkdown, setMarkdown] = useState(true);
  const comparison = useQuery({
    queryKey: ['comparison', comparisonId],
    queryFn: ({ signal }) => call(testApi.GET('/api/tests/comparisons/{id}', { params: { path: { id: comparisonId ?? '' } }, signal })),
    enabled: isOver && comparisonId !== null,
  });
  const badges = (testId: string) => {
    const { cheapest, fastest } = comparison.data ?? {};
    const named = [cheapest?.testId === testId && words.cheapest, fastest?.testId === testId && words.fastest];
    return named.filter((name) => typeof name === 'string');
  };
  return (
    <section className="answers" aria-labelledby="answers-title">
      <header className="bar">
        <h2 id="answers-title">{words.answers}</h2>
        <div role="group" aria-label={words.view} className="switch">
          <button type="button" aria-pressed={isMarkdown} onClick={() => setMarkdown(true)}>
            {words.markdown}
          </button>
          <button type="button" aria-pressed={!isMarkdown} onClick={() => setMarkdown(false)}>
            {words.plain}
          </button>
        </div>
      </header>
      <div className="answer-grid">
        {answers.map((answer) => (
          <AnswerCard key={answer.testId} answer={answer} isMarkdown={isMarkdown} badges={badges(answer.testId)} />
        ))}
      </div>
    </section>
  );
}
