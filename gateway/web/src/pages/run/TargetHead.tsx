import type { TargetReport } from '../../api/types';
import { duration, fullCount, modelCost, percent, percentChange } from '../../format';
import { testWords } from '../../words/tests';

const words = testWords.run;

/** How a model does against the other run. */
export interface TargetChange {
  regressed: number;
  improved: number;
  /** The share that passed there. */
  passRate: number | null;
}

/** The head of a model's column: how much passed, and how that changed. */
export function TargetHead({ report, change }: { report: TargetReport; change: TargetChange | undefined }) {
  const { target, passRate, meanResponseTimeMs, cost } = report;
  const difference = typeof passRate === 'number' && typeof change?.passRate === 'number' ? passRate - change.passRate : null;
  return (
    <div role="columnheader" className="target-head">
      <span className="target-name">
        <bdi>{target.modelName}</bdi>
      </span>
      <span className="target-rate">
        {typeof passRate === 'number' && (
          <span className="big-rate">
            <span className="visually-hidden">{words.passRate}</span> {percent(passRate)}
          </span>
        )}
        {difference !== null && difference !== 0 && (
          <span className="rate-change" data-change={difference < 0 ? 'worse' : 'better'} title={words.changeHint}>
            {percentChange(difference)}
          </span>
        )}
        {change && change.regressed > 0 && <span className="tag change-count worse">{words.regressed(change.regressed, fullCount(change.regressed))}</span>}
        {change && change.improved > 0 && <span className="tag change-count">{words.improved(change.improved, fullCount(change.improved))}</span>}
      </span>
      <span className="quiet target-figures">
        {typeof meanResponseTimeMs === 'number' && <span title={words.meanTime}>{duration(meanResponseTimeMs)}</span>}
        {typeof cost === 'number' && <span title={words.cost}>{modelCost(cost)}</span>}
      </span>
    </div>
  );
}
