import type { QueryClient } from '@tanstack/react-query';
import { forgetKeptTexts } from '../ui/useKeptText';
import { session } from './session';

/**
 * Keeps what was read in the name of one account from another: drops it when the reader signs out or
 * changes the account, and asks again after a sign-in. A session that the server has ended leaves the page
 * as it is, for its reader may be writing.
 */
export function separateAccounts(queries: QueryClient): void {
  let reader: string | null = null;
  let status = session.snapshot.status;
  let wasAway = false;
  session.subscribe(() => {
    const before = { reader, status };
    const now = session.snapshot;
    status = now.status;
    if (now.status === 'signed-in') reader = now.user?.id ?? null;
    else if (!now.isExpired) reader = null;
    // What was asked for at start waited for the answer, unless that did not come.
    const isFirst = before.status === 'unknown' && !wasAway;
    wasAway = now.isAway === true;
    if (isFirst || (before.status === status && before.reader === reader)) return;
    // After the page has been drawn for its new reader: what is not shown any more is not asked for again.
    if (before.reader !== null && before.reader !== reader) {
      forgetKeptTexts();
      setTimeout(() => void queries.resetQueries());
    }
    else if (status === 'signed-in') setTimeout(() => void queries.invalidateQueries());
  });
}
