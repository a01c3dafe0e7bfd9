import { fetchInTime } from '../api/fetchInTime';
import { outages } from '../api/outages';
import { isAwayStatus, noAnswer, problemOf } from '../api/problem';
import type { User } from '../api/types';
import { askToSignIn } from './signInRequest';
import { jsonPost } from './jsonPost';
import { isSessionMessage, type SessionMessage } from './messages';

export type SessionStatus = 'unknown' | 'signed-in' | 'signed-out';

/** What a component sees of the session. */
export interface SessionSnapshot {
  /** `unknown` until the first refresh was answered: show neither state before. */
  readonly status: SessionStatus;
  readonly user: User | null;
  /** Set when the server ended the session, and not the reader: what they were doing stays on the page. */
  readonly isExpired?: boolean;
  /** Set while it is unknown because accounts are away: pages show what anyone may read. */
  readonly isAway?: boolean;
}

interface Auth {
  accessToken: string;
  expiresIn: number;
  user: User;
}

/** What the session needs of the browser; tests give their own. */
export interface SessionHost {
  fetch: (request: Request) => Promise<Response>;
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  channel: Pick<BroadcastChannel, 'postMessage' | 'addEventListener'> | null;
  /** Absent on plain HTTP from another host. */
  locks: Pick<LockManager, 'request'> | null;
  /** Milliseconds of a clock that all tabs share. */
  now: () => number;
  askToSignIn: () => Promise<boolean>;
}

/** Says that a session may exist, and when it was last refreshed: a first visit must not ask for a refresh. */
const HINT = 'pf-session';
const LOCK = 'pf-refresh';

/** Milliseconds before its end at which an access token is no longer sent. */
const EXPIRY_MARGIN = 30_000;
/** Milliseconds to wait for the tokens of a refresh that another tab has just made. */
const PEER_TIMEOUT = 500;
/** Milliseconds between attempts to find out at start whether there is a session. */
const START_RETRY = 4_000;

const UNKNOWN: SessionSnapshot = { status: 'unknown', user: null };
const AWAY: SessionSnapshot = { ...UNKNOWN, isAway: true };
const SIGNED_OUT: SessionSnapshot = { status: 'signed-out', user: null };
const EXPIRED: SessionSnapshot = { ...SIGNED_OUT, isExpired: true };

/** How a refresh went; the answer or error of one that says nothing about the session. */
type Refreshed = { kind: 'ok' } | { kind: 'ended' } | { kind: 'away'; response: Response | null };

/** The addresses whose 401 is about what was sent, and not about the session. */
const CREDENTIALS = new Set(['/auth/login', '/auth/register', '/auth/refresh', '/auth/logout']);

/**
 * The session, one over all tabs: the access token in memory, the refresh token in a cookie that no script
 * reads. One tab at a time refreshes, and gives the others what it got.
 */
export class Session {
  #snapshot = UNKNOWN;
  #accessToken: string | null = null;
  #expiresAt = 0;
  #refreshing: Promise<Refreshed> | null = null;
  #started: Promise<unknown> = Promise.resolve();
  /** The answer that kept it unknown who is signed in; null where there was none. */
  #failure: Response | null = null;
  readonly #listeners = new Set<() => void>();

  constructor(private readonly host: SessionHost) {
    host.channel?.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (isSessionMessage(event.data)) this.#hear(event.data);
    });
  }

  get snapshot(): SessionSnapshot {
    return this.#snapshot;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Finds out at start whether there is a session. Requests wait for it. */
  async start(): Promise<void> {
    if (this.host.storage.getItem(HINT) === null) {
      this.#set(null, SIGNED_OUT);
      return;
    }
    const first = this.#refresh();
    // Later attempts hold nothing back: where accounts hang, each takes as long as the first.
    if (this.#snapshot.isAway !== true) this.#started = first;
    const refreshed = await first;
    if (refreshed.kind !== 'away') return;
    this.#failure = refreshed.response;
    this.#set(null, AWAY);
    this.#startLater();
  }

  /** Tells whether somebody is signed in, once that is known: a page is there before the first refresh is answered. */
  async isSignedIn(): Promise<boolean> {
    await this.#started;
    return this.#snapshot.status === 'signed-in';
  }

  /**
   * Sends a request with the access token, and once more after a refresh where the answer is a 401. A write
   * of somebody who is signed out is repeated after they have signed in over the page.
   */
  async fetch(request: Request): Promise<Response> {
    await this.#started;
    const path = new URL(request.url).pathname;
    if (CREDENTIALS.has(path)) return this.host.fetch(request);
    const again = request.clone();
    const asked = this.#snapshot;
    if (asked.status === 'signed-in' && this.host.now() >= this.#expiresAt) {
      const refreshed = await this.#refresh();
      if (refreshed.kind === 'away') return failure(refreshed);
    }
    const token = this.#accessToken;
    const response = await this.host.fetch(this.#withToken(request));
    if (asked.status === 'unknown') return this.#unlessUnknown(response);
    if (response.status !== 401) return response;
    if (token !== null) {
      const refreshed = token === this.#accessToken ? await this.#refresh() : { kind: 'ok' as const };
      if (refreshed.kind === 'away') return failure(refreshed);
      if (refreshed.kind === 'ok') return this.host.fetch(this.#withToken(again));
    }
    const isWrite = request.method !== 'GET' && request.method !== 'HEAD';
    if (!isWrite || !(await this.host.askToSignIn())) return response;
    // What one account has written is not sent in the name of another.
    if (asked.user !== null && asked.user.id !== this.#snapshot.user?.id) return response;
    return this.host.fetch(this.#withToken(again));
  }

  /** Takes over what a sign-in or a registration answered. */
  accept(auth: Auth): void {
    this.#accept(auth);
    this.#tell({ type: 'tokens', accessToken: auth.accessToken, expiresAt: this.#expiresAt, user: auth.user });
  }

  /** Takes over the user as they are after a change of their profile. */
  updateUser(user: User): void {
    if (this.#accessToken === null) return;
    this.#set(this.#accessToken, { status: 'signed-in', user });
    this.#tell({ type: 'tokens', accessToken: this.#accessToken, expiresAt: this.#expiresAt, user });
  }

  /** Ends the session, here and at the server. Throws a problem when the server cannot be asked. */
  async signOut(): Promise<void> {
    const request = this.#withToken(jsonPost('/auth/logout'));
    let response: Response;
    try {
      response = await this.host.fetch(request);
    } catch {
      throw noAnswer('/auth/logout');
    }
    if (!response.ok && response.status !== 401) throw problemOf(response, await response.json().catch(() => null));
    this.forget();
  }

  /** Forgets the session in all tabs; the server has ended it already. */
  forget(): void {
    this.#end(SIGNED_OUT);
    this.#tell({ type: 'signed-out' });
  }

  #withToken(request: Request): Request {
    if (this.#accessToken !== null) request.headers.set('authorization', `Bearer ${this.#accessToken}`);
    return request;
  }

  /** Keeps an answer that may be a refusal of somebody who is signed in from being taken for the last word. */
  #unlessUnknown(response: Response): Response {
    if (this.#snapshot.status !== 'unknown' || ![401, 403, 404].includes(response.status)) return response;
    return failure({ response: this.#failure?.clone() ?? null });
  }

  #refresh(): Promise<Refreshed> {
    this.#refreshing ??= this.#refreshInTurn().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refreshInTurn(): Promise<Refreshed> {
    const asked = this.host.now();
    const before = this.#accessToken;
    const refresh = async (): Promise<Refreshed> => {
      if (await this.#peerRefreshed(asked, before)) return { kind: 'ok' };
      return this.#refreshOnce();
    };
    return this.host.locks === null ? refresh() : this.host.locks.request(LOCK, refresh);
  }

  /** Tells whether another tab has refreshed since `asked`, and waits for what it got. */
  async #peerRefreshed(asked: number, before: string | null): Promise<boolean> {
    const isNew = () => this.#accessToken !== null && this.#accessToken !== before;
    if (isNew()) return true;
    const refreshedAt = Number(this.host.storage.getItem(HINT) ?? 0);
    if (refreshedAt < asked) return false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PEER_TIMEOUT);
      const stop = this.subscribe(() => {
        clearTimeout(timer);
        stop();
        resolve();
      });
    });
    return isNew();
  }

  async #refreshOnce(): Promise<Refreshed> {
    let response: Response;
    try {
      response = await this.host.fetch(jsonPost('/auth/refresh'));
    } catch {
      outages.report(noAnswer('/auth/refresh'));
      return { kind: 'away', response: null };
    }
    if (!isAwayStatus(response.status)) outages.answered('user');
    if (response.ok) {
      this.accept((await response.json()) as Auth);
      return { kind: 'ok' };
    }
    // Only the server's own word ends a session: a 429, a 503 or a page of some proxy does not. A 400 says that the
    // browser has no cookie any more.
    if (response.status !== 401 && response.status !== 400) {
      outages.report(problemOf(response, null));
      return { kind: 'away', response };
    }
    this.#end(EXPIRED);
    this.#tell({ type: 'expired' });
    return { kind: 'ended' };
  }

  #startLater(): void {
    setTimeout(() => {
      if (this.#snapshot.status === 'unknown') void this.start();
    }, START_RETRY);
  }

  #hear(message: SessionMessage): void {
    if (message.type === 'tokens') {
      this.#expiresAt = message.expiresAt;
      this.#set(message.accessToken, { status: 'signed-in', user: message.user });
    } else {
      this.#end(message.type === 'expired' ? EXPIRED : SIGNED_OUT);
    }
  }

  #tell(message: SessionMessage): void {
    this.host.channel?.postMessage(message);
  }

  #accept(auth: Auth): void {
    this.host.storage.setItem(HINT, String(this.host.now()));
    this.#expiresAt = this.host.now() + auth.expiresIn * 1_000 - EXPIRY_MARGIN;
    this.#set(auth.accessToken, { status: 'signed-in', user: auth.user });
  }

  #end(snapshot: SessionSnapshot): void {
    this.host.storage.removeItem(HINT);
    this.#set(null, snapshot);
  }

  #set(accessToken: string | null, snapshot: SessionSnapshot): void {
    this.#accessToken = accessToken;
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}

function failure(refreshed: { response: Response | null }): Response {
  if (refreshed.response === null) throw new TypeError('the session cannot be refreshed');
  return refreshed.response;
}

export const session = new Session({
  fetch: fetchInTime,
  storage: globalThis.localStorage,
  channel: typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('pf-session'),
  locks: globalThis.navigator?.locks ?? null,
  now: () => Date.now(),
  askToSignIn,
});
