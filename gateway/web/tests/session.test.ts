import { describe, expect, it, vi } from 'vitest';
import { Session, type SessionHost } from '../src/session/session';

const user = (name: string) => ({ id: `id-${name}`, username: name });
const auth = (token: string, name = 'ada') => ({ accessToken: token, expiresIn: 900, user: user(name) });
const json = (status: number, body: unknown = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

type Answer = (request: Request) => Response | Promise<Response>;

/** Storage, channel and locks that several sessions share, as tabs of one browser do. */
class Browser {
  readonly items = new Map<string, string>();
  readonly refreshes: Request[] = [];
  readonly handlers: ((event: MessageEvent) => void)[] = [];
  clock = 1_000;
  refresh: Answer = () => json(200, auth(`token-${this.refreshes.length}`));
  answer: Answer = () => json(200);
  asked = vi.fn(async () => false);
  #turn: Promise<unknown> = Promise.resolve();
  readonly #locks = {
    request: (_: string, work: () => Promise<unknown>) => {
      const turn = this.#turn.then(work, work);
      this.#turn = turn;
      return turn;
    },
  } as unknown as SessionHost['locks'];

  tab({ hasLocks = true } = {}): Session {
    const own: ((event: MessageEvent) => void)[] = [];
    const host: SessionHost = {
      fetch: async (request) => {
        if (new URL(request.url).pathname !== '/auth/refresh') return this.answer(request);
        this.refreshes.push(request);
        return this.refresh(request);
      },
      storage: {
        getItem: (key) => this.items.get(key) ?? null,
        setItem: (key, value) => void this.items.set(key, value),
        removeItem: (key) => void this.items.delete(key),
      },
      channel: {
        postMessage: (data: unknown) => {
          for (const handler of this.handlers.filter((item) => !own.includes(item))) handler({ data } as MessageEvent);
        },
        addEventListener: (_: string, handler: unknown) => {
          own.push(handler as (event: MessageEvent) => void);
          this.handlers.push(handler as (event: MessageEvent) => void);
        },
      } as SessionHost['channel'],
      locks: hasLocks ? this.#locks : null,
      now: () => this.clock++,
      askToSignIn: () => this.asked(),
    };
    return new Session(host);
  }
}

const get = () => new Request('http://localhost/prompts/1');
const put = () => new Request('http://localhost/prompts/1', { method: 'PUT', body: '{"title":"t"}' });
/** Takes only this token. */
const taking =
  (token: string): Answer =>
  (request) =>
    json(request.headers.get('authorization') === `Bearer ${token}` ? 200 : 401);

describe('a session', () => {
  it('asks for no refresh at a first visit', async () => {
    const browser = new Browser();
    const tab = browser.tab();
    await tab.start();
    expect(tab.snapshot.status).toBe('signed-out');
    expect(browser.refreshes).toHaveLength(0);
  });

  it('is refreshed once when many requests meet a 401 at once', async () => {
    const browser = new Browser();
    const tab = browser.tab();
    tab.accept(auth('old') as never);
    browser.answer = taking('token-1');
    const answers = await Promise.all([tab.fetch(get()), tab.fetch(get()), tab.fetch(put())]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(browser.refreshes).toHaveLength(1);
  });

  it('is refreshed once in a tab of a browser without locks', async () => {
    const browser = new Browser();
    const tab = browser.tab({ hasLocks: false });
    tab.accept(auth('old') as never);
    browser.answer = taking('token-1');
    await Promise.all([tab.fetch(get()), tab.fetch(get())]);
    expect(browser.refreshes).toHaveLength(1);
  });

  it('is refreshed once over all tabs that start together', async () => {
    const browser = new Browser();
    browser.items.set('pf-session', '1');
    const tabs = [browser.tab(), browser.tab(), browser.tab()];
    await Promise.all(tabs.map((tab) => tab.start()));
    expect(tabs.map((tab) => tab.snapshot.user?.username)).toEqual(['ada', 'ada', 'ada']);
    expect(browser.refreshes).toHaveLength(1);
  });

  it.each([503, 429, 502, 500])('is not ended by a %i at its refresh', async (status) => {
    const browser = new Browser();
    const tab = browser.tab();
    tab.accept(auth('old') as never);
    browser.answer = taking('token-2');
    browser.refresh = () => json(status);
    expect((await tab.fetch(put())).status).toBe(status);
    expect(tab.snapshot.status).toBe('signed-in');
    browser.refresh = () => json(200, auth('token-2'));
    expect((await tab.fetch(put())).status).toBe(200);
  });

  it('is not ended by a lost network at its refresh', async () => {
    const browser = new Browser();
    const tab = browser.tab();
    tab.accept(auth('old') as never);
    browser.answer = taking('other');
    browser.refresh = () => Promise.reject(new TypeError('failed to fetch'));
    await expect(tab.fetch(get())).rejects.toThrow(TypeError);
    expect(tab.snapshot.status).toBe('signed-in');
  });

  it.each([400, 401])('ends at a %i at its refresh, and a write is repeated after signing in over the page', async (status) => {
    const browser = new Browser();
    const tab = browser.tab();
    tab.accept(auth('old') as never);
    browser.refresh = () => json(status);
    const bodies: string[] = [];
    browser.answer = async (request) => {
      const answer = await taking('again')(request);
      if (answer.ok) bodies.push(await request.text());
      return answer;
    };
    browser.asked = vi.fn(async () => {
      expect(tab.snapshot).toMatchObject({ status: 'signed-out', isExpired: true });
      tab.accept(auth('again') as never);
      return true;
    });
    expect((await tab.fetch(put())).status).toBe(200);
    expect(bodies).toEqual(['{"title":"t"}']);
    expect(browser.asked).toHaveBeenCalledTimes(1);
  });

  it('sends no write of one account in the name of another', async () => {
    const browser = new Browser();
    const tab = browser.tab();
    tab.accept(auth('old') as never);
    browser.refresh = () => json(401);
    browser.answer = taking('of-eve');
    browser.asked = vi.fn(async () => {
      tab.accept(auth('of-eve', 'eve') as never);
      return true;
    });
    expect((await tab.fetch(put())).status).toBe(401);
  });

  it('asks nobody to sign in for what is only read', async () => {
    const browser = new Browser();
    const tab = browser.tab();
    await tab.start();
    browser.answer = () => json(401);
    expect((await tab.fetch(get())).status).toBe(401);
    expect(browser.asked).not.toHaveBeenCalled();
  });

  it('is over in every tab when one signs out, and stays when that cannot be said to the server', async () => {
    const browser = new Browser();
    const [one, other] = [browser.tab(), browser.tab()];
    one.accept(auth('token') as never);
    expect(other.snapshot.status).toBe('signed-in');
    browser.answer = () => json(503);
    await expect(one.signOut()).rejects.toMatchObject({ status: 503 });
    expect(one.snapshot.status).toBe('signed-in');
    browser.answer = () => new Response(null, { status: 204 });
    await one.signOut();
    expect([one.snapshot.status, other.snapshot.status]).toEqual(['signed-out', 'signed-out']);
  });

  it('holds requests back at start until it is known who reads', async () => {
    const browser = new Browser();
    browser.items.set('pf-session', '1');
    const tab = browser.tab();
    browser.answer = taking('token-1');
    const started = tab.start();
    expect((await tab.fetch(get())).status).toBe(200);
    await started;
  });

  it('lets everyone read while accounts are away at start, but takes no refusal for the last word', async () => {
    const browser = new Browser();
    browser.items.set('pf-session', '1');
    browser.refresh = () => json(503);
    const tab = browser.tab();
    await tab.start();
    expect(tab.snapshot).toMatchObject({ status: 'unknown', isAway: true });
    expect((await tab.fetch(get())).status).toBe(200);
    browser.answer = () => json(404);
    expect((await tab.fetch(get())).status).toBe(503);
    expect((await tab.fetch(get())).status).toBe(503);
    expect(browser.items.has('pf-session')).toBe(true);
  });

  it('holds nothing back while it asks again for accounts that hang', async () => {
    vi.useFakeTimers();
    try {
      const browser = new Browser();
      browser.items.set('pf-session', '1');
      browser.refresh = () => json(503);
      const tab = browser.tab();
      await tab.start();
      browser.refresh = () => new Promise(() => {});
      await vi.advanceTimersByTimeAsync(5_000);
      expect(browser.refreshes).toHaveLength(2);
      expect((await tab.fetch(get())).status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is refreshed before a token is sent that is about to end', async () => {
    const browser = new Browser();
    const tab = browser.tab();
    tab.accept(auth('old') as never);
    browser.clock += 880_000;
    const answer = vi.fn(taking('token-1'));
    browser.answer = answer;
    expect((await tab.fetch(get())).status).toBe(200);
    expect(browser.refreshes).toHaveLength(1);
    expect(answer).toHaveBeenCalledTimes(1);
  });
});
