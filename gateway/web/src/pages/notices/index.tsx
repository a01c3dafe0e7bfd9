import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import type { Profile, Transaction } from '../../api/types';
import { exactTime, money, timeAgo } from '../../format';
import { followersQuery, salesQuery } from '../../notices/queries';
import { keptSeen, newFollowers, newSales, noteSeen, paidSales, readSeen, seenFollowers, seenSales } from '../../notices/seen';
import { SignInFirst } from '../../session/SignInFirst';
import { useSession } from '../../session/useSession';
import { Avatar } from '../../ui/Avatar';
import { Failure } from '../../ui/Failure';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { useFailure } from '../../ui/useFailure';
import { noticeWords as words } from '../../words/notices';
import '../../notices/notices.css';

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

function Notices({ userId }: { userId: string }) {
  // What was new when the page was opened stays marked while it is open.
  const [before] = useState(() => readSeen(keptSeen(userId)));
  const sales = useQuery(salesQuery(userId));
  const followers = useQuery(followersQuery(userId));
  const [soldNow, followersNow] = [sales.data?.content, followers.data?.content];
  useEffect(() => {
    if (soldNow) noteSeen(userId, seenSales(soldNow));
  }, [userId, soldNow]);
  useEffect(() => {
    if (followersNow) noteSeen(userId, seenFollowers(followersNow));
  }, [userId, followersNow]);
  const paid = paidSales(soldNow ?? []);
  const areNew = { sales: newSales(paid, before), followers: newFollowers(followersNow ?? [], before) };
  return (
    <>
      <p className="quiet">{words.about}</p>
      <Section title={words.sales} query={sales} empty={words.noSales}>
        {paid.map((sale) => (
          <SaleRow key={sale.id} sale={sale} isNew={areNew.sales.has(sale.id)} />
        ))}
      </Section>
      <Section title={words.followers} query={followers} empty={words.noFollowers}>
        {(followersNow ?? []).map((follower) => (
          <FollowerRow key={follower.id} follower={follower} isNew={areNew.followers.has(follower.id)} />
        ))}
      </Section>
    </>
  );
}

interface SectionProps {
  title: string;
  query: UseQueryResult<unknown>;
  /** Stands in for an empty list. */
  empty: string;
  children: ReactNode[];
}

function Section({ title, query, empty, children }: SectionProps) {
  const failure = useFailure(query);
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      {failure !== null && <Failure error={failure} onRetry={() => void query.refetch()} />}
      {query.isPending && failure === null && <div className="skeleton list-skeleton" aria-hidden="true" />}
      {query.isSuccess && children.length === 0 && <p className="quiet">{empty}</p>}
      {children.length > 0 && <ul>{children}</ul>}
    </section>
  );
}

function SaleRow({ sale, isNew }: { sale: Transaction; isNew: boolean }) {
  return (
    <li className="notice-row">
      <Link to="/p/$id" params={{ id: sale.promptId }}>
        <bdi>{sale.license?.promptTitle ?? words.untitled}</bdi>
      </Link>
      <span>{words.soldFor(money(sale.amount, sale.currency))}</span>
      <span className="quiet small">{words.types[sale.licenseType]}</span>
      {sale.completedAt && (
        <time className="quiet small" dateTime={sale.completedAt} title={exactTime(sale.completedAt)}>
          {timeAgo(sale.completedAt)}
        </time>
      )}
      {sale.status === 'REFUNDED' && <span className="tag">{words.refunded}</span>}
      {isNew && <span className="tag accent">{words.isNew}</span>}
    </li>
  );
}

function FollowerRow({ follower, isNew }: { follower: Profile; isNew: boolean }) {
  return (
    <li className="notice-row">
      <Avatar name={follower.username} />
      <Link to="/u/$name" params={{ name: follower.username }}>
        <bdi>{follower.username}</bdi>
      </Link>
      <span>{words.follows}</span>
      {isNew && <span className="tag accent">{words.isNew}</span>}
    </li>
  );
}
