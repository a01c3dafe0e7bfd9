import { useSyncExternalStore } from 'react';
import { isProblem } from './problem';
import type { ServiceName } from './services';

/** What is away: `offline` when nothing answered at all. */
export type Outage = ServiceName | 'offline';

/**
 * Milliseconds after a failure for which the gateway's word that a service is there is not taken: a service that
 * lacks another one answers its health checks.
 */
const DOUBT = 6_000;

let current: readonly Outage[] = [];
const reportedAt = new Map<Outage, number>();
const listeners = new Set<() => void>();

function set(next: readonly Outage[]): void {
  if (next.length === current.length && next.every((outage) => current.includes(outage))) return;
  current = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What the last requests said is away; the banner shows it. */
export const outages = {
  subscribe,
  get current(): readonly Outage[] {
    return current;
  },
  report(error: unknown, now = Date.now()): void {
    if (!isProblem(error) || !error.isAway) return;
    const outage: Outage = error.isOffline ? 'offline' : error.service;
    reportedAt.set(outage, now);
    if (!current.includes(outage)) set([...current, outage]);
  },
  /** Takes an answer of a path as a sign that its service is back. */
  answered(service: ServiceName): void {
    set(current.filter((outage) => outage !== service && outage !== 'offline'));
  },
  /** Takes the gateway's word for which services it can reach. */
  reachable(services: readonly string[], now = Date.now()): void {
    const isBack = (outage: Outage) => outage === 'offline' || (services.includes(outage) && now - (reportedAt.get(outage) ?? 0) > DOUBT);
    set(current.filter((outage) => !isBack(outage)));
  },
};

/** Returns what is away right now. */
export function useOutages(): readonly Outage[] {
  return useSyncExternalStore(subscribe, () => current);
}
