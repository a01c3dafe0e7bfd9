import type { Browser, BrowserContext, Page, Request, Response } from 'playwright-core';
import { inject } from 'vitest';
import { Api, type Account, account as makeAccount } from './api';

/** What a journey says beforehand of an answer over 400 that its page explains. */
interface Expected {
  status: number;
  path: RegExp;
}

export interface PersonOptions {
  width?: number;
  colorScheme?: 'light' | 'dark';
  reducedMotion?: 'reduce' | 'no-preference';
  locale?: string;
  forcedColors?: 'active' | 'none';
  /** Whether they have an account already, and come signed in. */
  signedIn?: boolean;
  /** Whether they come signed in as an administrator. */
  isAdministrator?: boolean;
}

/**
 * A person with a browser of their own. What no visitor should meet is collected while they walk: errors in the
 * console, violations of the content policy, requests to other origins, and answers over 400 that the
 * journey did not say beforehand.
 */
export class Person {
  readonly problems: string[] = [];
  readonly #expected: Expected[] = [];
  /** The requests that are under way. */
  readonly #pending = new Set<Request>();

  private constructor(
    readonly account: Account,
    /** What they do beside the browser, where they came signed in. */
    readonly api: Api,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    this.#watch(page);
    context.on('page', (opened) => this.#watch(opened));
  }

  static async arrive(browser: Browser, url: string, name: string, options: PersonOptions = {}): Promise<Person> {
    const { width = 1440, isAdministrator = false, signedIn = isAdministrator, ...others } = options;
    const who = makeAccount(name);
    const api = new Api(url);
    const storageState = signedIn ? await api.registerInBrowser(who) : undefined;
    if (isAdministrator) await promote(api, who);
    const context = await browser.newContext({
      baseURL: url,
      viewport: { width, height: width < 600 ? 844 : 900 },
      hasTouch: width < 600,
      storageState,
      ...others,
    });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url });
    context.setDefaultTimeout(15_000);
    return new Person(who, api, context, await context.newPage());
  }

  get url(): string {
    return this.api.url;
  }

  /**
   * Waits until a page has come to rest: no request is under way, and the browser has drawn and has nothing left to
   * do. What a page asks for because of an answer is under way by then.
   */
  async comesToRest(page = this.page): Promise<void> {
    const isQuiet = () => ![...this.#pending].some((request) => request.frame().page() === page);
    for (let quiet = 0; quiet < 2; quiet = isQuiet() ? quiet + 1 : 0) {
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestIdleCallback(resolve))));
    }
  }

  /** Says that an answer over 400 comes; the journey then looks for the words that explain it. */
  expects(status: number, path: RegExp): void {
    this.#expected.push({ status, path });
  }

  async leave(): Promise<void> {
    await this.context.close();
  }

  #watch(page: Page): void {
    page.on('console', (message) => {
      // That an answer was over 400 is told with its address below.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.problems.push(`console: ${message.text()}`);
      }
    });
    page.on('pageerror', (error) => this.problems.push(`uncaught: ${error.message}`));
    page.on('response', (response) => this.#judge(response));
    // A stream is under way for as long as its page is open.
    page.on('response', (response) => {
      if (response.headers()['content-type']?.startsWith('text/event-stream')) this.#pending.delete(response.request());
    });
    page.on('requestfinished', (request) => this.#pending.delete(request));
    page.on('requestfailed', (request) => this.#pending.delete(request));
    page.on('request', (request) => {
      this.#pending.add(request);
      const url = new URL(request.url());
      if (url.origin !== this.url && ['http:', 'https:'].includes(url.protocol)) {
        this.problems.push(`request to another origin: ${url.origin}`);
      }
    });
    page.on('dialog', (dialog) => {
      this.problems.push(`a dialog of the browser: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  #judge(response: Response): void {
    const status = response.status();
    if (status < 400) return;
    const path = new URL(response.url()).pathname;
    const isExpected = this.#expected.some((expected) => expected.status === status && expected.path.test(path));
    if (!isExpected) this.problems.push(`${status} for ${response.request().method()} ${path}`);
  }
}

async function promote(api: Api, account: Account): Promise<void> {
  const administrator = inject('administrator');
  if (administrator === null) throw new Error('no administrator: set ADMIN_EMAIL and ADMIN_PASSWORD as the fleet has them');
  await api.promote(account, administrator);
}
