/** What journeys do beside the browser: people and prompts that only have to be there. */

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

let made = 0;

/** Returns an account that nobody has yet. */
export function account(name: string): Account {
  made += 1;
  const username = `${name}${Date.now().toString(36)}${made}`;
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

  async signIn(person: Account): Promise<void> {
    const auth = await this.post<{ accessToken: string }>('/auth/login', { email: person.email, password: person.password });
    this.#token = auth.accessToken;
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
