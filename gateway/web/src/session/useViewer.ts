import { useSession } from './useSession';

/**
 * Returns the id of who reads, null for someone without an account, and undefined until it is known. It
 * belongs into the key of every query whose answer depends on the reader, and no such query runs before it
 * is known: a private prompt asked for too early would be a 404. While accounts are away it is null.
 */
export function useViewer(): string | null | undefined {
  const { status, user, isAway } = useSession();
  return status === 'unknown' && !isAway ? undefined : (user?.id ?? null);
}
