import { fetchInTime } from './fetchInTime';
import { outages } from './outages';

/** Milliseconds between two questions. */
const INTERVAL = 4_000;

/**
 * Asks the gateway, while something is away, whether it is back. A failed write is asked for again by nobody, and
 * its banner would stay.
 */
export function watchOutages(): void {
  let isWatching = false;
  outages.subscribe(() => {
    if (isWatching || outages.current.length === 0) return;
    isWatching = true;
    void watch().finally(() => {
      isWatching = false;
    });
  });
}

async function watch(): Promise<void> {
  while (outages.current.length > 0) {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    try {
      const response = await fetchInTime(new Request(new URL('/health/ready', location.origin)));
      outages.reachable(servicesThatAreUp(await response.json()));
    } catch {
      // Still offline.
    }
  }
}

/** What a process needs, and whether it is there. */
export interface HealthCheck {
  name: string;
  isUp: boolean;
}

/** Reads the checks of a report on readiness. */
export function checksOf(report: unknown): HealthCheck[] {
  if (typeof report !== 'object' || report === null || !('checks' in report) || !Array.isArray(report.checks)) return [];
  return (report.checks as Partial<{ name: string; status: string }>[]).flatMap(({ name, status }) => (name === undefined ? [] : { name, isUp: status === 'UP' }));
}

/** Reads the names of the services that the gateway's report calls ready. */
export function servicesThatAreUp(report: unknown): string[] {
  return checksOf(report).flatMap(({ name, isUp }) => (isUp ? [name] : []));
}
