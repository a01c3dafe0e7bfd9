import type { EvaluationRun, EvaluationRunComparison, EvaluationRunSummary } from '../../api/types';
import { exactTime, fullCount } from '../../format';
import { testWords } from '../../words/tests';
import { SHOWS, type RunSearch } from './search';

const words = testWords.run;

interface CompareBarProps {
  run: EvaluationRun;
  /** The other runs over the same data set, newest first. */
  others: readonly EvaluationRunSummary[];
  /** The run that this one is compared with. */
  to: string | undefined;
  /** Whether the other runs are known. */
  isLoaded: boolean;
  comparison: EvaluationRunComparison | undefined;
  show: RunSearch['show'];
  onChange: (search: Partial<RunSearch>) => void;
}

/** Chooses the run to compare with, says what changed, and which rows are shown. */
export function CompareBar({ others, to, isLoaded, comparison, show, onChange }: CompareBarProps) {
  const isListed = to === undefined || others.some((other) => other.id === to);
  return (
    <div className="compare-bar">
      {isLoaded && others.length === 0 && isListed ? (
        <p className="quiet small">{words.nothingEarlier}</p>
      ) : (
        <label className="compare-choice">
          <span className="field-label">{words.compare}</span>
          <select className="input" value={to ?? 'none'} onChange={(event) => onChange({ to: event.currentTarget.value })}>
            <option value="none">{words.compareNone}</option>
            {!isListed && <option value={to}>{to}</option>}
            {others.map((other) => (
              <option key={other.id} value={other.id}>
                {words.compareOption(versionOf(other), exactTime(other.createdAt))}
              </option>
            ))}
          </select>
        </label>
      )}
      {comparison && <Counts comparison={comparison} />}
      <label className="compare-show">
        <span className="field-label">{words.show}</span>
        <select className="input" value={show ?? 'all'} onChange={(event) => onChange({ show: SHOWS.find((name) => name === event.currentTarget.value) })}>
          <option value="all">{to === undefined ? words.shows.uncompared : words.shows.all}</option>
          {SHOWS.filter((name) => name === 'failed' || to !== undefined).map((name) => (
            <option key={name} value={name}>
              {words.shows[name]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function versionOf({ promptVersion }: EvaluationRunSummary): string {
  return typeof promptVersion === 'number' ? testWords.runs.version(promptVersion) : testWords.runs.ownText;
}

function Counts({ comparison: { regressed, improved, unchanged, open, targets } }: { comparison: EvaluationRunComparison }) {
  if (targets.length === 0) return <p className="small">{words.noTargets}</p>;
  return (
    <p className="compare-counts small" role="status">
      <span className={regressed > 0 ? 'tag change-count worse' : 'tag'}>{words.regressed(regressed, fullCount(regressed))}</span>
      <span className={improved > 0 ? 'tag change-count' : 'tag'}>{words.improved(improved, fullCount(improved))}</span>
      <span className="quiet">{words.unchanged(fullCount(unchanged))}</span>
      {open > 0 && <span className="quiet">{words.open(fullCount(open))}</span>}
    </p>
  );
}
