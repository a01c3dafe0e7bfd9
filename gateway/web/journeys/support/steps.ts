import type { Page } from 'playwright-core';
import { words } from '../../src/words/en';
import { accountWords } from '../../src/words/account';
import { editorWords } from '../../src/words/editor';
import { Api, type NewPrompt } from './api';
import type { Person } from './person';

/** What people do in many journeys, in the words that they see. */

/** Makes an account in the browser, and waits until its owner is signed in. */
export async function register(person: Person): Promise<void> {
  const { page, account } = person;
  await page.goto('/register');
  await page.getByLabel(accountWords.username, { exact: true }).fill(account.username);
  await page.getByLabel(accountWords.email, { exact: true }).fill(account.email);
  await page.getByLabel(accountWords.password, { exact: true }).fill(account.password);
  await page.getByRole('button', { name: accountWords.register }).click();
  await accountButton(page).waitFor();
}

export async function signIn(person: Person, as = person.account, password = as.password): Promise<void> {
  const { page } = person;
  await page.goto('/sign-in');
  await fillSignIn(page, as.username, password);
}

/** Fills in the form of the sign-in, on its page or over another one. */
export async function fillSignIn(page: Page, username: string, password: string): Promise<void> {
  const form = page.locator('form').filter({ has: page.getByLabel(accountWords.emailOrUsername) });
  await form.getByLabel(accountWords.emailOrUsername).fill(username);
  await form.getByLabel(accountWords.password).fill(password);
  await form.getByRole('button', { name: accountWords.signIn }).click();
}

export function accountButton(page: Page) {
  return page.getByRole('button', { name: words.navigation.account, exact: true });
}

export async function signOut(page: Page): Promise<void> {
  await accountButton(page).click();
  await page.getByRole('button', { name: words.navigation.signOut }).click();
  await page.getByRole('link', { name: words.navigation.signIn }).waitFor();
}

/** Returns the editor of a prompt's text, in either of its forms. */
export function textBox(page: Page) {
  return page.getByRole('textbox', { name: editorWords.content, exact: true });
}

/** Waits until the editor that marks placeholders has taken over. */
export async function waitForEditor(page: Page): Promise<void> {
  await page.locator('.cm-content').waitFor();
}

/** Writes a prompt in the browser, and returns its id. */
export async function write(page: Page, prompt: NewPrompt): Promise<string> {
  await page.goto('/new');
  await waitForEditor(page);
  await page.getByLabel(editorWords.title, { exact: true }).fill(prompt.title);
  await textBox(page).fill(prompt.content);
  await page.getByLabel(editorWords.category, { exact: true }).fill(prompt.category);
  await page.getByRole('button', { name: editorWords.create }).click();
  await page.waitForURL(/\/p\/[0-9a-f-]{36}$/);
  return new URL(page.url()).pathname.split('/')[2] ?? '';
}

/** Returns the API as somebody else, who has an account and no browser. */
export async function author(url: string, account: Person['account']): Promise<Api> {
  const api = new Api(url);
  await api.register(account);
  return api;
}

/** Signs an account out everywhere, from elsewhere, and waits until its access tokens end too: it takes seconds. */
export async function endSessions(url: string, account: Person['account']): Promise<void> {
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ email: account.email, password: account.password });
  const login = await fetch(`${url}/auth/login`, { method: 'POST', headers: json, body });
  const { accessToken } = (await login.json()) as { accessToken: string };
  const headers = { authorization: `Bearer ${accessToken}` };
  await fetch(`${url}/auth/logout-all`, { method: 'POST', headers });
  while ((await fetch(`${url}/users/me`, { headers })).ok) await new Promise((resolve) => setTimeout(resolve, 50));
}
