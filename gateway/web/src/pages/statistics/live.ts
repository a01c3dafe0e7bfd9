import { followEvents } from '../../api/eventStream';
import type { Stats } from '../../api/types';

/** Whether the figures come by themselves; where no connection is left for that they are asked for. */
export type LiveState = 'connecting' | 'live' | 'polled' | 'cut-off';

/** What one tab tells the others. */
export interface LiveMessage {
  state: LiveState;
  stats?: Stats | undefined;
}

const NAME = 'pf-live-stats';
const ASK = 'ask';

/**
 * Follows the live figures until the signal aborts. All tabs share one stream: it never ends by itself, and four of
 * them would leave no slot to a run that is followed elsewhere. The tab that has the lock reads it and tells the others.
 */
export async function followStats(signal: AbortSignal, tell: (message: LiveMessage) => void): Promise<void> {
  // Absent on plain HTTP from another host, where nothing bounds the streams of all tabs.
  const locks: LockManager | undefined = navigator.locks;
  if (locks === undefined) return tell({ state: 'polled' });
  const channel = new BroadcastChannel(NAME);
  // A channel reaches no other origin: only windows need to be told which.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  const send = (message: LiveMessage | typeof ASK) => channel.postMessage(message);
  /** What the others have been told, where this tab is the one that tells. */
  let told: LiveMessage | undefined;
  channel.addEventListener('message', ({ data }: MessageEvent<LiveMessage | typeof ASK>) => {
    if (data !== ASK) tell(data);
    else if (told !== undefined) send(told);
  });
  send(ASK);
  const share = (message: LiveMessage) => {
    if (signal.aborted) return;
    told = { stats: told?.stats, ...message };
    send(told);
    tell(message);
  };
  try {
    await locks.request(NAME, { signal }, () => readStream(signal, share));
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    channel.close();
  }
}

async function readStream(signal: AbortSignal, share: (message: LiveMessage) => void): Promise<void> {
  try {
    await followEvents('/analytics/live', {
      signal,
      onEvent: ({ event, data }) => {
        if (event === 'stats') share({ state: 'live', stats: JSON.parse(data) as Stats });
        return false;
      },
      // With the first event it is known that the stream goes on.
      onInterruption: (problem) => problem !== null && share({ state: 'cut-off' }),
      onQueued: () => share({ state: 'polled' }),
    });
  } catch (error) {
    share({ state: 'polled' });
    throw error;
  }
}
