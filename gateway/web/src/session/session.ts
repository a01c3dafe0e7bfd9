import type { User } from '../api/types';

export type SessionStatus = 'unknown' | 'signed-in' | 'signed-out';

/** What a component sees of the session. */
export interface SessionSnapshot {
  /** `unknown` until the first refresh was answered: show neither state before. */
  readonly status: SessionStatus;
  readonly user: User | null;
}

/** Says that a session may exist; without it a first visit would ask for a refresh and get a 401. */
const HINT = 'pf-session';

const UNKNOWN: SessionSnapshot = { status: 'unknown', user: null };
const SIGNED_OUT: SessionSnapshot = { status: 'signed-out', user: null };

/**
 * The session of this tab: the access token in memory, the refresh token in a cookie that no script
 * reads. A stub: one tab, no lock between tabs.
 */
class Session {
  #snapshot = UNKNOWN;
  #accessToken: string | null = null;
  #refreshing: Promise<boolean> | null = null;
  readonly #listeners = new Set<() => void>();

  get snapshot(): SessionSnapshot {
    return this.#snapshot;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Finds out at start whether there is a session. */
  async start(): Promise<void> {
    if (localStorage.getItem(HINT) === null) this.#set(null, SIGNED_OUT);
    else await this.#refresh();
  }

  /** Sends a request with the access token, and once more after a refresh where the answer is a 401. */
  async fetch(request: Request): Promise<Response> {
    const retry = request.clone();
    const response = await fetch(this.#withToken(request));
    if (response.status !== 401 || this.#snapshot.status !== 'signed-in' || !(await this.#refresh())) return response;
    return fetch(this.#withToken(retry));
  }

  /** Takes over what a sign-in or a registration answered. */
  accept(auth: { accessToken: string; user: User }): void {
    localStorage.setItem(HINT, '1');
    this.#set(auth.accessToken, { status: 'signed-in', user: auth.user });
  }

  async signOut(): Promise<void> {
    await fetch(this.#withToken(new Request('/auth/logout', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })));
    this.#end();
  }

  #withToken(request: Request): Request {
    if (this.#accessToken !== null) request.headers.set('authorization', `Bearer ${this.#accessToken}`);
    return request;
  }

  #refresh(): Promise<boolean> {
    this.#refreshing ??= this.#refreshOnce().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refreshOnce(): Promise<boolean> {
    const response = await fetch('/auth/refresh', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
    if (!response.ok) {
      this.#end();
      return false;
    }
    this.accept(await response.json());
    return true;
  }

  #end(): void {
    localStorage.removeItem(HINT);
    this.#set(null, SIGNED_OUT);
  }

  #set(accessToken: string | null, snapshot: SessionSnapshot): void {
    this.#accessToken = accessToken;
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}

export const session = new Session();
