import type { EvaluationRun } from '../../api/types';
import { nameOfType } from '../../evaluation/assertions';
import { duration, fullCount, modelCost } from '../../format';
import { testWords } from '../../words/tests';
import { shortValue } from './shortValue';

const words = testWords.run;

/** What was run, to the letter: a text of its own, the system prompt, and what the answers must be. */
export function RunDetails({ run: { promptContent, systemPrompt, assertions } }: { run: EvaluationRun }) {
  const hasAssertions = assertions && assertions.length > 0;
  if (!promptContent && !systemPrompt && !hasAssertions) return null;
  return (
    <details className="run-details">
      <summary className="small">{words.details}</summary>
      {promptContent && <Text title={words.text} text={promptContent} />}
      {systemPrompt && <Text title={testWords.setup.system} text={systemPrompt} />}
      {hasAssertions && (
        <ul className="verdicts small">
          {assertions.map((assertion, index) => (
            // Two may be the same.
            // oxlint-disable-next-line react/no-array-index-key
            <li key={index}>
              {nameOfType(assertion.type)} <code dir="auto">{shortValue(assertion.type, assertion.value)}</code>
              {typeof assertion.threshold === 'number' && <span>{thresholdOf(assertion.type, assertion.threshold)}</span>}
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

function thresholdOf(type: string, threshold: number): string {
  if (type.endsWith('cost')) return modelCost(threshold);
  return type.endsWith('latency') ? duration(threshold) : fullCount(threshold);
}

function Text({ title, text }: { title: string; text: string }) {
  return (
    <>
      <h2 className="field-label">{title}</h2>
      <div className="cell-text small" dir="auto">
        {text}
      </div>
    </>
  );
}
