/**
 * The streams that all tabs may have open at once: a browser has six connections to a host over HTTP/1.1, and with
 * all of them taken by streams no tab could load or stop anything.
 */
const SLOTS = ['pf-stream-1', 'pf-stream-2', 'pf-stream-3', 'pf-stream-4'];

type Release = () => void;

/** Tells whether each stream takes a connection of its own: HTTP/2 carries all over one. */
function takesConnections(): boolean {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return navigation?.nextHopProtocol === 'http/1.1';
}

/**
 * Awaits a slot for a stream, and says with `onQueued` that there is none yet. Returns what gives it back; the
 * browser does so too for a tab that is closed. Rejects when the signal aborts.
 */
export async function takeStreamSlot(signal: AbortSignal, onQueued: () => void): Promise<Release> {
  // Absent on plain HTTP from another host.
  const locks: LockManager | undefined = navigator.locks;
  if (locks === undefined || !takesConnections()) return () => {};
  for (const slot of SLOTS) {
    const release = await takeIfFree(locks, slot);
    if (release !== null) return release;
  }
  onQueued();
  return takeNext(locks, signal);
}

function takeIfFree(locks: LockManager, slot: string): Promise<Release | null> {
  return new Promise((resolve, reject) => {
    locks.request(slot, { ifAvailable: true }, (lock) => (lock === null ? resolve(null) : held(resolve))).catch(reject);
  });
}

/** Takes the slot that is given back first. */
function takeNext(locks: LockManager, signal: AbortSignal): Promise<Release> {
  const others = new AbortController();
  const until = AbortSignal.any([signal, others.signal]);
  return new Promise((resolve, reject) => {
    const take = () => {
      // Two may be granted at once: the second is given back.
      if (others.signal.aborted) return undefined;
      others.abort();
      return held(resolve);
    };
    for (const slot of SLOTS) {
      locks.request(slot, { signal: until }, take).catch((error: unknown) => {
        if (signal.aborted) reject(error);
      });
    }
  });
}

/** Holds a lock until what is passed on is called. */
function held(take: (release: Release) => void): Promise<void> {
  return new Promise((release) => {
    take(release);
  });
}
