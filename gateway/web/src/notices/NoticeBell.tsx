import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useSyncExternalStore } from 'react';
import { fullCount } from '../format';
import { Icon } from '../ui/Icon';
import { noticeWords as words } from '../words/notices';
import { followersQuery, salesQuery } from './queries';
import { keptSeen, newFollowers, newSales, noteSeen, readSeen, seenFollowers, seenSales, subscribeSeen } from './seen';
import './notices.css';

/** The way to the notices, and how many are new. Where they cannot be had it says nothing. */
export default function NoticeBell({ userId }: { userId: string }) {
  const kept = useSyncExternalStore(subscribeSeen, () => keptSeen(userId));
  const seen = readSeen(kept);
  const sales = useQuery({ ...salesQuery(userId), refetchInterval: false }).data?.content;
  const followers = useQuery({ ...followersQuery(userId), refetchInterval: false }).data?.content;
  useEffect(() => {
    // On a first visit nothing is new: what was before is no news.
    const { lastSale, followers: known } = readSeen(keptSeen(userId));
    if (sales && lastSale === undefined) noteSeen(userId, seenSales(sales));
    if (followers && known === undefined) noteSeen(userId, seenFollowers(followers));
  }, [userId, sales, followers]);
  const count = newSales(sales ?? [], seen).size + newFollowers(followers ?? [], seen).size;
  return (
    <Link to="/notices" className="button plain icon-only notice-bell" aria-label={words.bell(count, fullCount(count))} activeProps={{ 'aria-current': 'page' }}>
      <Icon name="bell" />
      {count > 0 && (
        <span className="notice-count" aria-hidden="true">
          {fullCount(count)}
        </span>
      )}
    </Link>
  );
}
