import { expect } from 'vitest';
import { accountWords } from '../src/words/account';
import { words } from '../src/words/en';
import { playgroundWords } from '../src/words/playground';
import { journey } from './support/journey';
import { author, fillSignIn, signOut } from './support/steps';

const home = accountWords.home;

journey('one filters one\'s own work by state and words, and going back finds the filter again', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { api } = ada;
  const prompt = (title: string) => ({ title, content: 'Explain {{topic}} to me.', category: 'Education' });
  await api.createPrompt(prompt('Seen by everyone'));
  await api.createPrompt({ ...prompt('Seen by one'), visibility: 'PRIVATE' });
  await api.post('/prompts', { ...prompt('Half written'), status: 'DRAFT' });
  const { page } = ada;
  await page.goto('/');
  const titles = () => page.locator('.own-prompt h2').allInnerTexts();
  await expect.poll(titles).toEqual(['Half written', 'Seen by one', 'Seen by everyone']);
  const state = page.getByRole('combobox', { name: home.state });
  await state.selectOption({ label: home.states.PRIVATE });
  await expect.poll(titles).toEqual(['Seen by one']);
  await state.selectOption({ label: home.states.DRAFT });
  await expect.poll(titles).toEqual(['Half written']);
  await page.getByRole('link', { name: 'Half written', exact: true }).click();
  await page.getByRole('heading', { name: 'Half written' }).waitFor();
  await page.goBack();
  await expect.poll(titles).toEqual(['Half written']);
  await page.goBack();
  await expect.poll(titles).toEqual(['Seen by one']);
  await page.getByRole('searchbox', { name: home.filter }).fill('nothing like it');
  await page.getByRole('heading', { name: home.nothingFound }).waitFor();
});

journey('what is written and not sent is there when its page is opened again: a comment, and a text in the playground', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { api } = ada;
  const id = await api.createPrompt({ title: 'To come back to', content: 'Explain {{topic}} to me.', category: 'Education' });
  const { page } = ada;
  await page.goto(`/p/${id}?tab=discussion`);
  const comment = page.getByRole('textbox', { name: words.discussion.write });
  await comment.fill('Half a comment');
  await page.getByRole('link', { name: words.prompt.tabs.versions }).click();
  await page.locator('.version-table').waitFor();
  await page.goBack();
  await expect.poll(() => comment.inputValue()).toBe('Half a comment');
  await page.getByRole('button', { name: words.discussion.comment, exact: true }).click();
  await page.locator('.comment-text', { hasText: 'Half a comment' }).waitFor();
  await expect.poll(() => comment.inputValue()).toBe('');
  // The reply is written where the focus is, and gives it back.
  const reply = page.getByRole('button', { name: words.discussion.reply, exact: true });
  await reply.click();
  await page.keyboard.type('Never sent');
  await page.locator('.thread form').getByRole('button', { name: words.cancel }).click();
  expect(await reply.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.goto('/playground');
  const text = page.getByLabel(playgroundWords.prompt, { exact: true });
  await text.fill('Half a thought');
  await page.goto('/explore');
  await page.goBack();
  await expect.poll(() => text.inputValue()).toBe('Half a thought');
  // The next reader of this browser is another person.
  await signOut(page);
  await page.reload();
  await expect.poll(() => text.inputValue()).toBe('');
});

journey('who is signed out and opens a prompt that is private gets to it by signing in', async (arrive) => {
  const ada = await arrive('ada');
  const api = await author(ada.url, ada.account);
  const id = await api.createPrompt({ title: 'Behind a door', content: 'Explain {{topic}} to me.', category: 'Education', visibility: 'PRIVATE' });
  ada.expects(404, /^\/prompts\//);
  await ada.page.goto(`/p/${id}`);
  await ada.page.getByRole('link', { name: words.errors.signIn }).click();
  await fillSignIn(ada.page, ada.account.username, ada.account.password);
  await ada.page.getByRole('heading', { name: 'Behind a door' }).waitFor();
});
