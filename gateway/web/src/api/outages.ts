import { useSyncExternalStore } from 'react';
import { isProblem } from './problem';
import type { ServiceName } from './services';

/** What is away: `offline` when nothing answered at all. */
export type Outage = ServiceName | 'offline';

let current: readonly Outage[] = [];
const listeners = new Set<() => void>();

function set(next: readonly Outage[]): void {
  current = next;
  for (const listener of listeners) listener();
}

/** What the last requests said is away; the banner shows it. */
export const outages = {
  report(error: unknown): void {
    if (!isProblem(error) || !error.isAway) return;
    const outage: Outage = error.isOffline ? 'offline' : error.service;
    if (!current.includes(outage)) set([...current, outage]);
  },
  /** Takes an answer of a path as a sign that its service is back. */
  answered(service: ServiceName): void {
    if (current.length > 0) set(current.filter((outage) => outage !== service && outage !== 'offline'));
  },
};

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Returns what is away right now. */
export function useOutages(): readonly Outage[] {
  return useSyncExternalStore(subscribe, () => current);
}
