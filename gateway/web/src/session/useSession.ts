import { useCallback, useSyncExternalStore } from 'react';
import { session, type SessionSnapshot } from './session';
import { askToSignIn } from './signInRequest';

const subscribe = (listener: () => void) => session.subscribe(listener);
const snapshot = () => session.snapshot;

/** Returns who is signed in, and follows changes of it. */
export function useSession(): SessionSnapshot {
  return useSyncExternalStore(subscribe, snapshot);
}

/**
 * Returns a function that resolves to whether somebody is signed in: at once where that is so, else
 * after asking for it over the page, and first once the session is known. Call it at the start of every action that needs an account.
 */
export function useRequireSignIn(): () => Promise<boolean> {
  return useCallback(async () => (await session.isSignedIn()) || askToSignIn(), []);
}
