import { lazy, Suspense } from 'react';
import { useSession } from '../../session/useSession';
import { ExplorePage } from '../explore';

const OwnWork = lazy(async () => ({ default: (await import('./OwnWork')).OwnWork }));

/** Shows one's own work when signed in, and explore to everyone else. */
export function HomePage() {
  const { status, user, isAway } = useSession();
  // Neither page until it is known which: the other would flash.
  if (status === 'unknown' && !isAway) return <main id="content" className="page" />;
  if (user === null) return <ExplorePage />;
  return (
    <Suspense fallback={<main id="content" className="page" />}>
      <OwnWork userId={user.id} />
    </Suspense>
  );
}
