import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { Prompt, Version } from '../../api/types';
import { exactTime, timeAgo } from '../../format';
import { useViewer } from '../../session/useViewer';
import { Failure } from '../../ui/Failure';
import { useFailure } from '../../ui/useFailure';
import { words } from '../../words/en';
import { DiffView } from './DiffView';
import { versionQuery, versionsQuery } from './queries';
import { LATEST, VersionActions } from './VersionActions';
import './versions.css';

const route = getRouteApi('/p/$id');

/** The versions of a prompt, and what differs between two of them: the newest and the one before at first. */
export function VersionsTab({ prompt }: { prompt: Prompt }) {
  const viewer = useViewer();
  const query = useInfiniteQuery(versionsQuery(prompt.id, viewer));
  const search = route.useSearch();
  const navigate = useNavigate();
  const failure = useFailure(query);
  const versions = query.data?.pages.flatMap((page) => page.content) ?? [];
  const to = search.to ?? versions[0]?.version;
  const from = search.from ?? versions.find((version) => to !== undefined && version.version < to)?.version;
  const compare = (change: { from?: number | undefined; to?: number | undefined }) =>
    void navigate({
      to: '/p/$id',
      params: { id: prompt.id },
      search: { ...search, tab: 'versions', from, to, ...change },
      replace: true,
      resetScroll: false,
    });

  if (failure !== null && versions.length === 0) return <Failure error={failure} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <div className="skeleton prompt-skeleton" aria-hidden="true" />;
  return (
    <div className="versions">
      <section aria-label={words.versions.list}>
        <table className="version-table">
          <thead>
            <tr>
              <th scope="col">{words.versions.from}</th>
              <th scope="col">{words.versions.to}</th>
              <th scope="col">{words.versions.version}</th>
            </tr>
          </thead>
          <tbody>
            {versions.map((version) => (
              <VersionRow
                key={version.version}
                version={version}
                prompt={prompt}
                isNewest={version.version === versions[0]?.version}
                from={from}
                to={to}
                onCompare={compare}
              />
            ))}
          </tbody>
        </table>
        {query.hasNextPage && (
          <button type="button" className="button" onClick={() => void query.fetchNextPage()}>
            {words.explore.more}
          </button>
        )}
      </section>
      {to !== undefined && <Comparison prompt={prompt} from={from} to={to} />}
    </div>
  );
}

interface VersionRowProps {
  version: Version;
  prompt: Prompt;
  isNewest: boolean;
  from: number | undefined;
  to: number | undefined;
  onCompare: (change: { from?: number; to?: number }) => void;
}

function VersionRow({ version, prompt, isNewest, from, to, onCompare }: VersionRowProps) {
  const number = version.version;
  return (
    <tr data-compared={number === from || number === to || undefined}>
      <td>
        <input
          type="radio"
          name="from"
          aria-label={words.versions.compareFrom(number)}
          checked={number === from}
          disabled={to !== undefined && number >= to}
          onChange={() => onCompare({ from: number })}
        />
      </td>
      <td>
        <input
          type="radio"
          name="to"
          aria-label={words.versions.compareTo(number)}
          checked={number === to}
          disabled={from !== undefined && number <= from}
          onChange={() => onCompare({ to: number })}
        />
      </td>
      <td className="version-facts">
        <div className="version-line">
          <strong>{words.prompt.version(number)}</strong>
          {version.labels.map((label) => (
            <span key={label} className={label === LATEST ? 'tag accent' : 'tag'}>
              {label}
            </span>
          ))}
          <VersionActions prompt={prompt} version={number} labels={version.labels} isNewest={isNewest} />
        </div>
        {version.changeLog !== null && version.changeLog !== undefined && (
          <p className="small version-note" dir="auto">
            {version.changeLog}
          </p>
        )}
        <p className="small quiet">
          <bdi>{version.username}</bdi> · <time dateTime={version.createdAt} title={exactTime(version.createdAt)}>{timeAgo(version.createdAt)}</time>
        </p>
      </td>
    </tr>
  );
}

function Comparison({ prompt, from, to }: { prompt: Prompt; from: number | undefined; to: number }) {
  const viewer = useViewer();
  const before = useQuery(versionQuery(prompt.id, from, viewer));
  const after = useQuery(versionQuery(prompt.id, to, viewer));
  const error = before.error ?? after.error;
  if (error) return <Failure error={error} onRetry={() => void Promise.all([before.refetch(), after.refetch()])} />;
  if (!after.data || (from !== undefined && !before.data)) return <div className="skeleton prompt-skeleton" aria-hidden="true" />;
  return <DiffView before={before.data} after={after.data} />;
}
