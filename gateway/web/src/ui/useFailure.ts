import { useState } from 'react';

interface QueryState {
  error: unknown;
  isSuccess: boolean;
}

/**
 * Returns why a query has no data, and keeps saying so while it is asked again: the query itself forgets its
 * error then, and the page would change between the failure and a skeleton every few seconds.
 */
export function useFailure({ error, isSuccess }: QueryState): unknown {
  const [last, setLast] = useState<unknown>(null);
  const current = isSuccess ? null : (error ?? last);
  if (current !== last) setLast(current);
  return current;
}
