import type { EvaluationRunSummary, Profile, ReceivedComment, Transaction } from '../../api/types';
import { endedRunsOf, paidSales, type News } from '../../notices/seen';

/** Something that happened to an account. */
export type Notice = { id: string } & (
  | { kind: 'sale'; time: string; sale: Transaction }
  | { kind: 'comment'; time: string; comment: ReceivedComment }
  /** The time is that of its beginning. */
  | { kind: 'run'; time: string; run: EvaluationRunSummary }
  /** A follower has no time, and stands after all that has one. */
  | { kind: 'follower'; time: ''; follower: Profile }
);

/** Returns all that happened, the latest first. */
export function noticesOf({ sales = [], comments = [], runs = [], followers = [] }: News): Notice[] {
  const notices: Notice[] = [
    ...paidSales(sales).map((sale) => ({ kind: 'sale' as const, id: sale.id, time: sale.completedAt ?? '', sale })),
    ...comments.map((comment) => ({ kind: 'comment' as const, id: comment.id, time: comment.createdAt, comment })),
    ...endedRunsOf(runs).map((run) => ({ kind: 'run' as const, id: run.id, time: run.createdAt, run })),
    ...followers.map((follower) => ({ kind: 'follower' as const, id: follower.id, time: '' as const, follower })),
  ];
  return notices.toSorted((one, other) => (one.time < other.time ? 1 : one.time > other.time ? -1 : 0));
}

/** The characters of a comment that are shown. */
const SHOWN = 200;

/** Returns the beginning of a text. */
export function beginningOf(text: string): string {
  const chars = Array.from(text);
  return chars.length > SHOWN ? `${chars.slice(0, SHOWN).join('')}…` : text;
}
