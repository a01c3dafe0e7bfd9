import { session, type SessionSnapshot } from './session';
import { useSession } from './useSession';

type Viewer = string | null | undefined;

/**
 * Returns the id of who reads, null for someone without an account, and undefined until it is known. It
 * belongs into the key of every query whose answer depends on the reader, and no such query runs before it
 * is known: a private prompt asked for too early would be a 404. While accounts are away it is null.
 */
export function useViewer(): Viewer {
  return viewerOf(useSession());
}

/** The same outside of components. */
export function currentViewer(): Viewer {
  return viewerOf(session.snapshot);
}

function viewerOf({ status, user, isAway }: SessionSnapshot): Viewer {
  return status === 'unknown' && !isAway ? undefined : (user?.id ?? null);
}
