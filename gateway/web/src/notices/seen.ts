import type { Profile, Transaction } from '../api/types';

/** What somebody had seen when they last looked at their notices. What is absent they have not looked at yet. */
export interface Seen {
  /** The server's time of the latest sale; empty before the first. */
  lastSale?: string;
  /** The ids of the latest followers: the API gives them in order, and without a time. */
  followers?: string[];
}

const PREFIX = 'pf-notices:';
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
    const { lastSale, followers } = value as Record<string, unknown>;
    return {
      ...(typeof lastSale === 'string' && { lastSale }),
      ...(Array.isArray(followers) && { followers: followers.filter((id) => typeof id === 'string') }),
    };
  } catch {
    return {};
  }
}

/** Keeps what somebody has seen, beside what is kept already. */
export function noteSeen(userId: string, seen: Seen): void {
  const kept = keptSeen(userId);
  const next = JSON.stringify({ ...readSeen(kept), ...seen });
  if (next === kept) return;
  try {
    localStorage.setItem(PREFIX + userId, next);
  } catch {
    // There is no room for it: it stays new.
  }
  for (const listener of listeners) listener();
}

/** Returns the purchases that were paid, also those that were given back since. */
export function paidSales(transactions: readonly Transaction[]): Transaction[] {
  return transactions.filter((sale) => typeof sale.completedAt === 'string');
}

/** Says up to where sales are seen with these. */
export function seenSales(sales: readonly Transaction[]): Seen {
  return { lastSale: paidSales(sales).reduce((last, { completedAt }) => (completedAt && completedAt > last ? completedAt : last), '') };
}

/** The same for followers. */
export function seenFollowers(followers: readonly Profile[]): Seen {
  return { followers: followers.map((follower) => follower.id) };
}

/** Returns the ids of the sales after the last look. All times are the server's, in one form: texts in their order. */
export function newSales(sales: readonly Transaction[], { lastSale }: Seen): Set<string> {
  if (lastSale === undefined) return new Set();
  return new Set(paidSales(sales).flatMap(({ id, completedAt }) => (completedAt && completedAt > lastSale ? id : [])));
}

/** Returns the ids of those who stand before all whom the last look had seen: the newest stand first. */
export function newFollowers(followers: readonly Profile[], { followers: known }: Seen): Set<string> {
  if (known === undefined) return new Set();
  const ids = followers.map((follower) => follower.id);
  const firstKnown = ids.findIndex((id) => known.includes(id));
  return new Set(firstKnown === -1 ? ids : ids.slice(0, firstKnown));
}
