import { expect } from 'vitest';
import { words } from '../src/words/en';
import { accountWords } from '../src/words/account';
import { editorWords } from '../src/words/editor';
import { journey } from './support/journey';
import { accountButton, endSessions, fillSignIn, register, signIn, signOut, textBox, waitForEditor } from './support/steps';

journey('somebody registers, stays signed in over a reload and in a second tab, and signs out in both', async (arrive) => {
  const ada = await arrive('ada');
  await register(ada);
  await ada.page.reload();
  await accountButton(ada.page).waitFor();
  const second = await ada.context.newPage();
  await second.goto('/explore');
  await accountButton(second).waitFor();
  await signOut(ada.page);
  await second.getByRole('link', { name: words.navigation.signIn }).waitFor();
  await ada.page.reload();
  await ada.page.getByRole('link', { name: words.navigation.signIn }).waitFor();
});

journey('somebody signs in with another browser, and no script can read the refresh token', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const elsewhere = await arrive('elsewhere');
  await signIn(elsewhere, ada.account);
  await accountButton(elsewhere.page).click();
  await elsewhere.page.getByText(ada.account.username, { exact: true }).waitFor();
  const stored = await elsewhere.page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(stored).not.toMatch(/pf_refresh|eyJ/);
});

journey('a wrong password and a name that is taken are explained where they were typed', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const eve = await arrive('eve');
  eve.expects(401, /\/auth\/login$/);
  await signIn(eve, ada.account, 'not her password');
  await eve.page.getByRole('alert').getByText(/password/i).waitFor();
  eve.expects(409, /\/auth\/register$/);
  await eve.page.goto('/register');
  await eve.page.getByLabel(accountWords.username, { exact: true }).fill(ada.account.username);
  await eve.page.getByLabel(accountWords.email, { exact: true }).fill(eve.account.email);
  await eve.page.getByLabel(accountWords.password, { exact: true }).fill(eve.account.password);
  await eve.page.getByRole('button', { name: accountWords.register }).click();
  const name = eve.page.getByLabel(accountWords.username, { exact: true });
  await eve.page.locator('[aria-invalid=true]').waitFor();
  expect(await name.getAttribute('aria-invalid')).toBe('true');
});

journey('four tabs that open at once keep one session, and none is signed out', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  let atOnce = 0;
  let mostAtOnce = 0;
  await ada.context.route('**/auth/refresh', async (route) => {
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    const response = await route.fetch();
    atOnce -= 1;
    await route.fulfill({ response });
  });
  const tabs = await Promise.all(Array.from({ length: 4 }, () => ada.context.newPage()));
  await Promise.all(tabs.map((tab) => tab.goto('/explore')));
  for (const tab of tabs) await accountButton(tab).waitFor();
  expect(mostAtOnce).toBe(1);
  await ada.page.goto('/explore');
  await accountButton(ada.page).waitFor();
});

journey('somebody whose session ended while writing signs in over the page, and what was typed is saved', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  await page.goto('/new');
  await waitForEditor(page);
  await page.getByLabel(editorWords.title, { exact: true }).fill('Written across two sessions');
  await textBox(page).fill('Explain {{topic}} while nothing is lost.');
  await page.getByLabel(editorWords.category, { exact: true }).fill('Education');
  ada.expects(401, /^\/(prompts|auth\/refresh)$/);
  await endSessions(ada.url, ada.account);
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: editorWords.create }).click();
  await dialog.waitFor();
  await fillSignIn(page, ada.account.username, ada.account.password);
  await page.waitForURL(/\/p\/[0-9a-f-]{36}$/);
  await page.getByRole('heading', { name: 'Written across two sessions' }).waitFor();
});

journey('two tabs whose answers to a refresh are lost stay signed in: the spent token is good for another moment', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  await ada.page.goto('/explore');
  const second = await ada.context.newPage();
  await second.goto('/explore');
  await accountButton(second).waitFor();
  let lost = 0;
  await ada.context.route('**/auth/refresh', async (route) => {
    // The server has spent the token and made another, of which nobody hears.
    if (lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    await route.abort('connectionreset');
  });
  await Promise.all([ada.page.reload(), second.reload()]);
  for (const tab of [ada.page, second]) {
    await accountButton(tab).waitFor();
    await expect.poll(() => tab.locator('.banner').count()).toBe(0);
  }
  expect(lost).toBe(1);
  // The session goes on: what was made of the lost answer is not held against it.
  await second.reload();
  await accountButton(second).waitFor();
});
