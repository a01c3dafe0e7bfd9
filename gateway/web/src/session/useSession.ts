import { useNavigate } from '@tanstack/react-router';
import { useCallback, useSyncExternalStore } from 'react';
import { session, type SessionSnapshot } from './session';

const subscribe = (listener: () => void) => session.subscribe(listener);
const snapshot = () => session.snapshot;

/** Returns who is signed in, and follows changes of it. */
export function useSession(): SessionSnapshot {
  return useSyncExternalStore(subscribe, snapshot);
}

/**
 * Returns a function that resolves to whether somebody is signed in: at once where that is so, else
 * after asking for it. Call it at the start of every action that needs an account.
 */
export function useRequireSignIn(): () => Promise<boolean> {
  const navigate = useNavigate();
  return useCallback(async () => {
    if (session.snapshot.status === 'signed-in') return true;
    await navigate({ to: '/sign-in' });
    return false;
  }, [navigate]);
}
