import type { Page } from 'playwright-core';
import { inject } from 'vitest';
import { account, type Api } from './api';
import type { Arrive } from './journey';
import type { PersonOptions } from './person';
import { author } from './steps';

/** A page that pictures are taken of, and that is looked over for accessibility. */
export interface PageToSee {
  name: string;
  path: string;
  /** What shows that it is there. */
  ready: string;
  signedIn?: boolean;
  /** Whether it is for administrators alone. */
  isAdministrative?: boolean;
}

/** What the pages are of. */
interface Subjects {
  username: string;
  promptId: string;
  listingId: string;
  /** A prompt of somebody else, which the visitor has rated. */
  ratedId: string;
  /** A data set, and the later of two runs over it. */
  datasetId: string;
  runId: string;
}

/** Returns every page that is finished. */
export function pagesToSee({ username, promptId, listingId, ratedId, datasetId, runId }: Subjects): PageToSee[] {
  return [
    { name: 'explore', path: '/explore', ready: '.prompt-list > li' },
    { name: 'search', path: '/explore?q=glaciers', ready: '.prompt-list mark' },
    { name: 'nothing-found', path: '/explore?q=xyzzyplugh', ready: '.empty' },
    { name: 'category', path: '/explore?category=Education', ready: '.prompt-list > li' },
    { name: 'prompt', path: `/p/${promptId}`, ready: 'main h1' },
    { name: 'rated', path: `/p/${ratedId}`, ready: '.star.chosen', signedIn: true },
    { name: 'versions', path: `/p/${promptId}?tab=versions`, ready: 'main table' },
    { name: 'discussion', path: `/p/${promptId}?tab=discussion`, ready: '.comment' },
    { name: 'market', path: '/market', ready: '.listing-row' },
    { name: 'listing', path: `/market/${listingId}`, ready: 'main form' },
    { name: 'sell', path: '/market?sell=new', ready: 'dialog form', signedIn: true },
    { name: 'not-found', path: '/nowhere', ready: 'main h1' },
    { name: 'sign-in', path: '/sign-in', ready: 'main form' },
    { name: 'register', path: '/register', ready: 'main form' },
    { name: 'new', path: '/new', ready: '.cm-content', signedIn: true },
    { name: 'edit', path: `/p/${promptId}/edit`, ready: '.cm-content', signedIn: true },
    { name: 'playground', path: `/playground?prompt=${promptId}`, ready: 'main form', signedIn: true },
    { name: 'home', path: '/', ready: '.own-prompts > li', signedIn: true },
    { name: 'settings', path: '/settings', ready: '.session-list > li', signedIn: true },
    { name: 'library', path: '/library', ready: 'main h1', signedIn: true },
    { name: 'tests', path: '/tests', ready: '.run-row time', signedIn: true },
    { name: 'tests-of-prompt', path: `/tests?prompt=${promptId}`, ready: '.run-row time', signedIn: true },
    { name: 'new-dataset', path: '/tests/new', ready: '.drop-zone', signedIn: true },
    { name: 'dataset', path: `/tests/data/${datasetId}`, ready: '.row-table', signedIn: true },
    { name: 'run-setup', path: `/tests/data/${datasetId}/run`, ready: '.assertion', signedIn: true },
    { name: 'run', path: `/tests/runs/${runId}`, ready: '.cell-button[data-change]', signedIn: true },
    { name: 'cell', path: `/tests/runs/${runId}?cell=2-1`, ready: '.cell-answer + .cell-answer', signedIn: true },
    { name: 'sales', path: '/sales', ready: '.sale-row', signedIn: true },
    { name: 'statistics', path: '/statistics', ready: '.chart' },
    { name: 'views', path: `/p/${promptId}?tab=views`, ready: '.prompt-views .chart', signedIn: true },
    { name: 'profile', path: `/u/${username}`, ready: 'main h1' },
    { name: 'help', path: '/help/placeholders', ready: '.markdown' },
    { name: 'notices', path: '/notices', ready: '.notice-row', signedIn: true },
    { name: 'admin-refused', path: '/admin/people', ready: '.empty h1', signedIn: true },
    { name: 'admin-people', path: '/admin/people', ready: '.person-row', isAdministrative: true },
    { name: 'admin-letters', path: '/admin/dead-letters', ready: '.empty, .letter-row', isAdministrative: true },
    { name: 'admin-pipeline', path: '/admin/pipeline', ready: '.admin-table', isAdministrative: true },
  ];
}

/** Runs two versions of a prompt over the same rows: one of them comes out worse. */
async function runTwice(api: Api, promptId: string): Promise<{ datasetId: string; runId: string }> {
  const topics = ['tides', 'glaciers', 'compilers', 'bread', 'birds', 'maps'];
  const rows = topics.map((topic, index) => ({ variables: { topic, audience: 'a curious child' }, expected: index === 1 ? 'five' : topic }));
  const { id: datasetId } = await api.post<{ id: string }>('/api/tests/datasets', { name: 'Things to explain', rows });
  const targets = ['mock', 'mock-echo'].map((modelName) => ({ modelProvider: 'MOCK', modelName }));
  const assertions = [{ type: 'icontains', value: '{{expected}}' }, { type: 'word-count', value: { max: 200 } }];
  let runId = '';
  for (const version of [1, 2]) {
    ({ id: runId } = await api.post<{ id: string }>(`/api/tests/datasets/${datasetId}/runs`, { promptId, version, targets, assertions }));
    await isOver(api, runId);
  }
  return { datasetId, runId };
}

async function isOver(api: Api, runId: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const { progress } = await api.get<{ progress: { done: number; total: number } }>(`/api/tests/runs/${runId}`);
    if (progress.done === progress.total) return;
    if (Date.now() > deadline) throw new Error(`the run is at ${progress.done} of ${progress.total}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A page that is there, as one person sees it. */
export interface SeenPage {
  name: string;
  page: Page;
  /** Whether the person is signed in. */
  isSignedIn: boolean;
  /** Whether the page is for those who are. */
  signedIn: boolean;
  /** Whether nobody else sees the page after them: what one look at it is enough for. */
  isLast: boolean;
}

export interface VisitOptions extends PersonOptions {
  /** To see a page that both can see once, signed in. */
  once?: boolean;
}

/** Goes to every page, signed out where it can be seen so, and signed in. */
export async function visitEveryPage(arrive: Arrive, visit: VisitOptions, look: (seen: SeenPage) => Promise<void>): Promise<void> {
  const { once = false, ...options } = visit;
  const visitor = await arrive('visitor', options);
  const ada = await arrive('ada', { ...options, signedIn: true });
  // A fleet that ran already may have none whose password is known.
  const keepers = inject('administrator') === null ? [] : [await arrive('keeper', { ...options, isAdministrator: true })];
  const { api } = ada;
  const content = 'You are a patient teacher.\n\nExplain {{topic}} to {{audience:a curious child}} in five sentences.';
  const promptId = await api.createPrompt({ title: 'Explain anything', content, category: 'Education', tags: ['teaching'] });
  await api.call('PUT', `/prompts/${promptId}`, { content: content.replace('five', 'three'), changeLog: 'Shorter' });
  const sold = await api.createPrompt({ title: 'A letter that works', content: `Write ${content}`, category: 'Writing' });
  const { id: listingId } = await api.post<{ id: string }>('/api/marketplace/listings', { promptId: sold, price: 9.9 });
  const bob = await author(ada.url, account('bob'));
  await bob.post('/api/marketplace/purchase', { listingId, paymentMethod: 'WALLET' });
  await bob.post(`/users/follow/${(await api.get<{ id: string }>('/users/me')).id}`, {});
  await bob.post('/api/social/comments', { promptId, content: 'My class understood the tides at last.' });
  const ratedId = await bob.createPrompt({ title: 'A letter of thanks', content: 'Thank {{name}} for {{reason}}, briefly.', category: 'Writing' });
  await api.post('/api/social/ratings', { promptId: ratedId, rating: 4, review: 'It took me a minute.' });
  await bob.post('/api/social/comments', { promptId, content: 'My class understood the tides at once. Could it say more of the moon?' });
  await bob.post(`/users/follow/${(await api.get<{ id: string }>('/users/me')).id}`, {});
  const { datasetId, runId } = await runTwice(api, promptId);
  const subjects = { username: ada.account.username, promptId, listingId, ratedId, datasetId, runId };
  for (const { name, path, ready, isAdministrative = false, signedIn = isAdministrative } of pagesToSee(subjects)) {
    // Who is signed in is led away from them.
    const isForVisitors = /sign-in|register/.test(path);
    const seenBy = isAdministrative ? keepers : isForVisitors ? [visitor] : signedIn || once ? [ada] : [visitor, ada];
    for (const person of seenBy) {
      const { page } = person;
      await page.goto(path);
      await page.locator(ready).first().waitFor();
      await person.comesToRest();
      await look({ name, page, isSignedIn: person !== visitor, signedIn, isLast: person === seenBy.at(-1) });
    }
  }
}
