import { Link } from '@tanstack/react-router';
import { useEffect, useSyncExternalStore } from 'react';
import { fullCount } from '../format';
import { Icon } from '../ui/Icon';
import { noticeWords as words } from '../words/notices';
import { useNews } from './queries';
import { allNew, allSeen, keptSeen, noteSeen, readSeen, subscribeSeen } from './seen';
import './notices.css';

/** What cannot be had is missed by nobody before the next time. */
const PATIENTLY = { refetchInterval: false } as const;

/** The way to the notices, and how many are new. Where they cannot be had it says nothing. */
export default function NoticeBell({ userId }: { userId: string }) {
  const kept = useSyncExternalStore(subscribeSeen, () => keptSeen(userId));
  const { news } = useNews(userId, PATIENTLY);
  useEffect(() => {
    // On a first visit nothing is new: what was before is no news.
    noteSeen(userId, { ...allSeen(news), ...readSeen(keptSeen(userId)) });
  }, [userId, news]);
  const count = allNew(news, readSeen(kept)).size;
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
