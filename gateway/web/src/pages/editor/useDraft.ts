import { useCallback, useEffect, useRef, useState } from 'react';
import { session } from '../../session/session';
import { draftKey, removeDraft, writeDraft, type Draft } from './draft';

/** Milliseconds after a key at which the draft is written. */
const DELAY = 400;

interface DraftKeeper {
  keep: (draft: Omit<Draft, 'savedAt'>) => void;
  discard: () => void;
  /** Whether the browser has refused to keep the last one. */
  isFull: boolean;
}

/** Keeps what is written in this browser, soon after each key and when the page is left. */
export function useDraft(promptId: string | null): DraftKeeper {
  const pending = useRef<Omit<Draft, 'savedAt'> | null>(null);
  const timer = useRef<number | undefined>(undefined);
  const lastUser = useRef<string | null>(null);
  const [isFull, setFull] = useState(false);

  const key = useCallback(() => {
    // The draft of a reader whose session has ended stays theirs.
    lastUser.current = session.snapshot.user?.id ?? (session.snapshot.isExpired ? lastUser.current : null);
    return draftKey(lastUser.current, promptId);
  }, [promptId]);
  const flush = useCallback(() => {
    clearTimeout(timer.current);
    if (pending.current) setFull(!writeDraft(localStorage, key(), { ...pending.current, savedAt: Date.now() }));
    pending.current = null;
  }, [key]);
  const keep = useCallback(
    (draft: Omit<Draft, 'savedAt'>) => {
      key();
      pending.current = draft;
      clearTimeout(timer.current);
      timer.current = window.setTimeout(flush, DELAY);
    },
    [flush, key],
  );
  const discard = useCallback(() => {
    clearTimeout(timer.current);
    pending.current = null;
    removeDraft(localStorage, key());
    // What was written before signing in.
    removeDraft(localStorage, draftKey(null, promptId));
  }, [key, promptId]);

  useEffect(() => {
    key();
    addEventListener('pagehide', flush);
    return () => {
      removeEventListener('pagehide', flush);
      flush();
    };
  }, [flush, key]);
  return { keep, discard, isFull };
}
