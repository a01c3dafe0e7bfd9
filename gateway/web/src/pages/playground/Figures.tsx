import type { PromptTest } from '../../api/types';
import { duration, fullCount, modelCost } from '../../format';
import { playgroundWords as words } from '../../words/playground';

/** What an answer took: tokens, cost and time, as far as they are known. */
export function Figures({ test }: { test: PromptTest }) {
  const { inputTokens, outputTokens, usageSource, cost, responseTimeMs } = test;
  return (
    <dl className="figures">
      {typeof outputTokens === 'number' && (
        <div>
          <dt>{words.tokensLabel}</dt>
          <dd>
            {words.tokens(fullCount(inputTokens ?? 0), fullCount(outputTokens))}
            {usageSource === 'TOKENIZER' && <span className="quiet"> ({words.estimated})</span>}
          </dd>
        </div>
      )}
      {test.status !== 'FAILED' && (
        <div>
          <dt>{words.cost}</dt>
          <dd>{typeof cost === 'number' ? modelCost(cost) : words.noPrice}</dd>
        </div>
      )}
      {typeof responseTimeMs === 'number' && (
        <div>
          <dt>{words.time}</dt>
          <dd>{duration(responseTimeMs)}</dd>
        </div>
      )}
    </dl>
  );
}
