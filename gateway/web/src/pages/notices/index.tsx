import { useEffect, useState } from 'react';
import { isProblem } from '../../api/problem';
import { useNews } from '../../notices/queries';
import { allNew, allSeen, keptSeen, noteSeen, readSeen } from '../../notices/seen';
import { SignInFirst } from '../../session/SignInFirst';
import { useSession } from '../../session/useSession';
import { Failure } from '../../ui/Failure';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { useFailure } from '../../ui/useFailure';
import { noticeWords as words } from '../../words/notices';
import '../../notices/notices.css';
import { NoticeRow } from './NoticeRow';
import { noticesOf, type Notice } from './order';

export function NoticesPage() {
  const { status, user } = useSession();
  useDocumentTitle(words.title);
  return (
    <main id="content" className="page notices">
      <h1>{words.title}</h1>
      {status === 'signed-out' && <SignInFirst needed={words.needed} />}
      {user && <Notices key={user.id} userId={user.id} />}
    </main>
  );
}

/** What is new since the last look, of all kinds in one list, and below it what was there before. */
function Notices({ userId }: { userId: string }) {
  // What was new when the page was opened stays so while it is open.
  const [before] = useState(() => readSeen(keptSeen(userId)));
  const { news, queries } = useNews(userId);
  const failures = [useFailure(queries[0]), useFailure(queries[1]), useFailure(queries[2]), useFailure(queries[3])];
  useEffect(() => noteSeen(userId, allSeen(news)), [userId, news]);
  const areNew = allNew(news, before);
  const notices = noticesOf(news);
  const known = notices.filter(({ id }) => !areNew.has(id));
  const isWhole = queries.every((query) => query.isSuccess);
  const isComing = queries.some((query, index) => query.isPending && failures[index] === null);
  return (
    <>
      <p className="quiet">{words.about}</p>
      <Failures failures={failures} onRetry={() => queries.filter((query) => !query.isSuccess).forEach((query) => void query.refetch())} />
      {isWhole && notices.length === 0 && <Nothing />}
      {isWhole && notices.length > 0 && areNew.size === 0 && <p>{words.nothingNew}</p>}
      <Section title={words.areNew} notices={notices.filter(({ id }) => areNew.has(id))} />
      <Section title={words.earlier} notices={known.filter(({ kind }) => kind !== 'follower')} />
      <Section title={words.followers} notices={known.filter(({ kind }) => kind === 'follower')} />
      {isComing && <div className="skeleton list-skeleton" aria-hidden="true" />}
    </>
  );
}

/** Says of each kind why it is missing; that nothing can be reached is said once. */
function Failures({ failures, onRetry }: { failures: unknown[]; onRetry: () => void }) {
  const isOffline = (failure: unknown) => isProblem(failure) && failure.isOffline;
  const firstOffline = failures.findIndex(isOffline);
  return failures.map((failure, index) => {
    if (failure === null || (isOffline(failure) && index !== firstOffline)) return null;
    // Each kind has its place.
    // oxlint-disable-next-line react/no-array-index-key
    return <Failure key={index} error={failure} onRetry={onRetry} />;
  });
}

function Nothing() {
  return (
    <div className="empty">
      <h2>{words.empty}</h2>
      <p>{words.emptyHint}</p>
    </div>
  );
}

function Section({ title, notices }: { title: string; notices: Notice[] }) {
  if (notices.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul>
        {notices.map((notice) => (
          <NoticeRow key={notice.id} notice={notice} />
        ))}
      </ul>
    </section>
  );
}
