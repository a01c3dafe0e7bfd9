/** What journeys do beside the browser: people and prompts that only have to be there. */
import { randomBytes } from 'node:crypto';
import type { BrowserContextOptions } from 'playwright-core';

export interface Account {
  username: string;
  email: string;
  password: string;
}

export interface NewPrompt {
  title: string;
  content: string;
  category: string;
  description?: string;
  tags?: string[];
  visibility?: 'PUBLIC' | 'PRIVATE' | 'UNLISTED';
}

/** Returns an account that nobody has yet: journeys run beside each other. */
export function account(name: string): Account {
  const username = `${name}${randomBytes(4).toString('hex')}`;
  return { username, email: `${username}@example.com`, password: 'correct horse battery' };
}

/** Calls the API as one account. */
export class Api {
  #token: string | undefined;

  constructor(readonly url: string) {}

  async register(person: Account): Promise<void> {
    const auth = await this.post<{ accessToken: string }>('/auth/register', person);
    this.#token = auth.accessToken;
  }

  /** Registers as a browser does; returns what it keeps of that, for a context that is signed in from the start. */
  async registerInBrowser(person: Account): Promise<BrowserContextOptions['storageState']> {
    const headers = { 'content-type': 'application/json', origin: this.url };
    const response = await fetch(`${this.url}/auth/register`, { method: 'POST', headers, body: JSON.stringify({ ...person, cookie: true }) });
    if (!response.ok) throw new Error(`POST /auth/register: ${response.status} ${await response.text()}`);
    this.#token = ((await response.json()) as { accessToken: string }).accessToken;
    const [, value] = /^pf_refresh=([^;]+)/.exec(response.headers.getSetCookie().join()) ?? [];
    if (value === undefined) throw new Error('POST /auth/register sets no cookie');
    const cookie = { name: 'pf_refresh', value, domain: new URL(this.url).hostname, path: '/auth', expires: -1, httpOnly: true, secure: false };
    const localStorage = [{ name: 'pf-session', value: String(Date.now()) }];
    return { cookies: [{ ...cookie, sameSite: 'Strict' }], origins: [{ origin: this.url, localStorage }] };
  }

  async signIn(person: Account): Promise<void> {
    // A token that has ended would be refused here, too.
    this.#token = undefined;
    const auth = await this.post<{ accessToken: string }>('/auth/login', { email: person.email, password: person.password });
    this.#token = auth.accessToken;
  }

  /** Makes an account, which is signed in here, an administrator, by another one. Its sessions go on. */
  async promote(person: Account, administrator: Account): Promise<void> {
    const { id } = await this.get<{ id: string }>('/users/me');
    const other = new Api(this.url);
    await other.signIn(administrator);
    await other.call('PUT', `/users/${id}/roles`, { roles: ['USER', 'ADMIN'] });
    // The token of before ends within seconds.
    await this.signIn(person);
  }

  async createPrompt(prompt: NewPrompt): Promise<string> {
    return (await this.post<{ id: string }>('/prompts', prompt)).id;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return this.call('POST', path, body);
  }

  async get<T>(path: string): Promise<T> {
    return this.call('GET', path);
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = new Headers({ 'content-type': 'application/json' });
    if (this.#token !== undefined) headers.set('authorization', `Bearer ${this.#token}`);
    const sent = body === undefined ? null : JSON.stringify(body);
    const response = await fetch(this.url + path, { method, headers, body: sent });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    // A 204 has no body.
    return (response.status === 204 ? undefined : await response.json()) as T;
  }
}
