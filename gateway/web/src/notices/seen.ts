import type { EvaluationRunSummary, Profile, ReceivedComment, Transaction } from '../api/types';

/** What happened to an account, as far as it has come. */
export interface News {
  sales?: readonly Transaction[] | undefined;
  comments?: readonly ReceivedComment[] | undefined;
  runs?: readonly EvaluationRunSummary[] | undefined;
  followers?: readonly Profile[] | undefined;
}

/** What somebody had seen when they last looked at their notices. What is absent they have not looked at yet. */
export interface Seen {
  /** The server's time of the latest sale; empty before the first. */
  lastSale?: string;
  /** The server's time of the latest comment; empty before the first. */
  lastComment?: string;
  /** The ids of runs that had ended, the latest first: the API says when a run began, and not when it ended. */
  endedRuns?: string[];
  /** The ids of the latest followers: the API gives them in order, and without a time. */
  followers?: string[];
}

const PREFIX = 'pf-notices:';

/** The most runs that are remembered, far more than are asked for. */
const MAX_RUNS = 100;

const listeners = new Set<() => void>();

/** Tells of changes, those of other tabs too. */
export function subscribeSeen(listener: () => void): () => void {
  listeners.add(listener);
  globalThis.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    globalThis.removeEventListener('storage', listener);
  };
}

/** Returns what is kept of an account in this browser, not read yet: the same text stays the same value. */
export function keptSeen(userId: string): string {
  return localStorage.getItem(PREFIX + userId) ?? '';
}

/** Reads what is kept; what makes no sense counts as not looked at. */
export function readSeen(kept: string): Seen {
  try {
    const value: unknown = JSON.parse(kept);
    if (typeof value !== 'object' || value === null) return {};
    const { lastSale, lastComment, endedRuns, followers } = value as Record<string, unknown>;
    return {
      ...(typeof lastSale === 'string' && { lastSale }),
      ...(typeof lastComment === 'string' && { lastComment }),
      ...(Array.isArray(endedRuns) && { endedRuns: textsOf(endedRuns) }),
      ...(Array.isArray(followers) && { followers: textsOf(followers) }),
    };
  } catch {
    return {};
  }
}

function textsOf(values: unknown[]): string[] {
  return values.filter((value) => typeof value === 'string');
}

/** Adds what somebody has seen to what is kept. A run that has ended goes on to be so, whatever an older answer says. */
export function addSeen(kept: Seen, seen: Seen): Seen {
  const runs = [...new Set([...(seen.endedRuns ?? []), ...(kept.endedRuns ?? [])])].slice(0, MAX_RUNS);
  return { ...kept, ...seen, ...((seen.endedRuns ?? kept.endedRuns) && { endedRuns: runs }) };
}

/** Keeps what somebody has seen, beside what is kept already. */
export function noteSeen(userId: string, seen: Seen): void {
  const kept = keptSeen(userId);
  const next = JSON.stringify(addSeen(readSeen(kept), seen));
  if (next === kept) return;
  try {
    localStorage.setItem(PREFIX + userId, next);
  } catch {
    // There is no room for it: it stays new.
  }
  for (const listener of listeners) listener();
}

/** Keeps that somebody looked at a run that has ended: it is no news to them. */
export function noteEndedRun(userId: string, runId: string): void {
  const { endedRuns } = readSeen(keptSeen(userId));
  // Before the first look nothing is new, and this one alone must not make it the first.
  if (endedRuns && !endedRuns.includes(runId)) noteSeen(userId, { endedRuns: [runId] });
}

/** Returns the purchases that were paid, also those that were given back since. */
export function paidSales(transactions: readonly Transaction[]): Transaction[] {
  return transactions.filter((sale) => typeof sale.completedAt === 'string');
}

/** Returns the runs that do not go on any more. */
export function endedRunsOf(runs: readonly EvaluationRunSummary[]): EvaluationRunSummary[] {
  return runs.filter(({ progress }) => progress.done >= progress.total);
}

/** Returns the latest of some times. All times are the server's, in one form: texts in their order. */
function latestOf(times: readonly string[]): string {
  return times.reduce((last, time) => (time > last ? time : last), '');
}

/** Says what is seen with this. */
export function allSeen({ sales, comments, runs, followers }: News): Seen {
  return {
    ...(sales && { lastSale: latestOf(paidSales(sales).map(({ completedAt }) => completedAt ?? '')) }),
    ...(comments && { lastComment: latestOf(comments.map(({ createdAt }) => createdAt)) }),
    ...(runs && { endedRuns: endedRunsOf(runs).map(({ id }) => id) }),
    ...(followers && { followers: followers.map(({ id }) => id) }),
  };
}

/** Returns the ids of all that is new since the last look. */
export function allNew({ sales = [], comments = [], runs = [], followers = [] }: News, { lastSale, lastComment, endedRuns, followers: known }: Seen): Set<string> {
  return new Set([
    ...(lastSale === undefined ? [] : paidSales(sales).filter(({ completedAt }) => (completedAt ?? '') > lastSale)),
    ...(lastComment === undefined ? [] : comments.filter(({ createdAt }) => createdAt > lastComment)),
    ...(endedRuns === undefined ? [] : endedRunsOf(runs).filter(({ id }) => !endedRuns.includes(id))),
    ...(known === undefined ? [] : followersBefore(followers, known)),
  ].map(({ id }) => id));
}

/** Returns those who stand before all whom the last look had seen: the newest stand first. */
function followersBefore(followers: readonly Profile[], known: readonly string[]): readonly Profile[] {
  const firstKnown = followers.findIndex(({ id }) => known.includes(id));
  return firstKnown === -1 ? followers : followers.slice(0, firstKnown);
}
