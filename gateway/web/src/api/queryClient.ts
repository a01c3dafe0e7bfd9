import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { outages } from './outages';
import { isProblem } from './problem';

/** Milliseconds after which what failed because something is away is asked for again. */
const RETRY_INTERVAL = 4_000;

interface Asked {
  state: { error: unknown };
}

/** Returns when a query is asked again by itself: soon where something is away, else after some milliseconds, or never. */
export function askAgain(usual: number | false) {
  return (query: Asked) => (isProblem(query.state.error) && query.state.error.isAway ? RETRY_INTERVAL : usual);
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (query.meta?.['isQuiet'] !== true) outages.report(error);
    },
  }),
  mutationCache: new MutationCache({ onError: (error) => outages.report(error) }),
  defaultOptions: {
    queries: {
      // The defaults ask again whenever a window gets the focus and hide three failures.
      refetchOnWindowFocus: false,
      retry: false,
      networkMode: 'always',
      staleTime: 30_000,
      refetchInterval: askAgain(false),
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});
