import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call, userApi } from '../../api/client';
import { exactTime, timeAgo } from '../../format';
import { session } from '../../session/session';
import { Failure } from '../../ui/Failure';
import { toast } from '../../ui/Toasts';
import { accountWords } from '../../words/account';
import { programOf } from './programOf';

const words = accountWords.settings;

/** Where the account is signed in, each with a way to end that. */
export function Sessions() {
  const queries = useQueryClient();
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: ({ signal }) => call(userApi.GET('/auth/sessions', { signal })),
    staleTime: 0,
  });
  const end = useMutation({
    mutationFn: (id: string) => call(userApi.DELETE('/auth/sessions/{id}', { params: { path: { id } } })),
    onSuccess: () => {
      toast(words.signedOutOne);
      void queries.invalidateQueries({ queryKey: ['sessions'] });
    },
    onError: (error) => toast(error.message),
  });
  const endAll = useMutation({
    mutationFn: () => call(userApi.POST('/auth/logout-all')),
    onSuccess: () => session.forget(),
    onError: (error) => toast(error.message),
  });
  return (
    <section className="settings-section" aria-labelledby="sessions-title">
      <h2 id="sessions-title">{words.sessions}</h2>
      {sessions.isError && <Failure error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {sessions.isPending && !sessions.isError && <div className="skeleton list-skeleton" />}
      <ul className="session-list">
        {sessions.data?.map((one) => {
          const name = programOf(one.userAgent ?? '') || words.unknownAgent;
          return (
            <li key={one.id}>
              <div>
                <p>
                  <bdi title={one.userAgent ?? undefined}>{name}</bdi> {one.current && <span className="tag accent">{words.current}</span>}
                </p>
                <p className="quiet small" title={exactTime(one.lastUsedAt)}>
                  {one.address} · {words.lastUsed(timeAgo(one.lastUsedAt))}
                </p>
              </div>
              {!one.current && (
                <button
                  type="button"
                  className="button"
                  aria-label={words.signOutOneLabel(name)}
                  aria-disabled={end.isPending}
                  onClick={() => !end.isPending && end.mutate(one.id)}
                >
                  {words.signOutOne}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      <div>
        <button type="button" className="button danger" aria-disabled={endAll.isPending} onClick={() => !endAll.isPending && endAll.mutate()}>
          {words.signOutAll}
        </button>
      </div>
    </section>
  );
}
