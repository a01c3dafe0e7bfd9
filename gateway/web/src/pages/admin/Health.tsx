import { useQuery } from '@tanstack/react-query';
import { Failure } from '../../ui/Failure';
import { useFailure } from '../../ui/useFailure';
import { adminWords } from '../../words/admin';
import { healthQuery } from './queries';

const words = adminWords.pipeline;
const NAMES: Readonly<Record<string, string>> = words.parts;

/** Says of the gateway and of each service whether it is there, as the gateway's checks found it. */
export function Health() {
  const health = useQuery(healthQuery);
  const failure = useFailure(health);
  return (
    <section className="admin-part" aria-labelledby="pipeline-health">
      <h2 id="pipeline-health">{words.health}</h2>
      {failure !== null && <Failure error={failure} onRetry={() => void health.refetch()} />}
      {health.isPending && failure === null && <div className="skeleton list-skeleton" aria-hidden="true" />}
      {health.data && failure === null && (
        <ul className="admin-health" aria-label={words.health}>
          <State name={words.gateway} isUp={health.data.isUp} />
          {health.data.checks.map((check) => (
            <State key={check.name} name={NAMES[check.name] ?? check.name} isUp={check.isUp} />
          ))}
        </ul>
      )}
    </section>
  );
}

function State({ name, isUp }: { name: string; isUp: boolean }) {
  return (
    <li>
      <span>{name}</span> <span className={isUp ? 'tag success' : 'tag danger'}>{isUp ? words.up : words.down}</span>
    </li>
  );
}
