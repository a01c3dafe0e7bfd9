import { useSyncExternalStore } from 'react';

interface SignInRequest {
  promise: Promise<boolean>;
  answer: (isSignedIn: boolean) => void;
}

let current: SignInRequest | null = null;
const listeners = new Set<() => void>();

function set(request: SignInRequest | null): void {
  current = request;
  for (const listener of listeners) listener();
}

/** Asks the reader to sign in over the page. Resolves to whether they did; all who ask at once share one dialog. */
export function askToSignIn(): Promise<boolean> {
  if (current === null) {
    let answer: (isSignedIn: boolean) => void = () => {};
    const promise = new Promise<boolean>((resolve) => {
      answer = resolve;
    });
    set({ promise, answer });
  }
  return current?.promise ?? Promise.resolve(false);
}

/** Closes the dialog, with its answer. */
export function answerSignIn(isSignedIn: boolean): void {
  const request = current;
  set(null);
  request?.answer(isSignedIn);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells whether somebody has asked for a sign-in that is not answered yet. */
export function useIsSignInAsked(): boolean {
  return useSyncExternalStore(subscribe, () => current !== null);
}
