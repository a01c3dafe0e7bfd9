import { isProblem, type ApiProblem } from '../api/problem';
import { words } from '../words/en';

/** Says why something could not be loaded. What is away is asked for again by itself; see queryClient.ts. */
export function Failure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const problem = isProblem(error) ? error : undefined;
  return (
    <div className="notice danger" role="alert">
      <p>{problem ? explain(problem) : words.errors.unexpected}</p>
      {problem?.requestId !== undefined && !problem.isAway && <p className="quiet small">{words.errors.reference(problem.requestId)}</p>}
      <button type="button" className="button" onClick={onRetry}>
        {words.retry}
      </button>
    </div>
  );
}

function explain(problem: ApiProblem): string {
  if (problem.isOffline) return words.outage.offline;
  return problem.isAway ? words.outage.away(words.outage.services[problem.service]) : problem.message;
}
