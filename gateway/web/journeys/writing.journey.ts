import { expect } from 'vitest';
import { editorWords as words } from '../src/words/editor';
import { journey } from './support/journey';
import { register, signIn, textBox, waitForEditor, write } from './support/steps';

const CONTENT = 'Explain {{topic}} to {{audience:a curious child}}.\n\nFive sentences.';

journey('somebody writes a prompt, and another person sees it in their browser', async (arrive) => {
  const ada = await arrive('ada');
  await register(ada);
  const id = await write(ada.page, { title: `Tides by ${ada.account.username}`, content: CONTENT, category: 'Education' });
  const bob = await arrive('bob');
  await bob.page.goto(`/p/${id}`);
  await bob.page.getByRole('heading', { name: `Tides by ${ada.account.username}` }).waitFor();
});

journey('what is wrong with a prompt stands at its field', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  await page.goto('/new');
  await waitForEditor(page);
  await page.getByRole('button', { name: words.create }).click();
  await page.getByText(words.correct).waitFor();
  expect(await page.locator('[aria-invalid=true]').count()).toBeGreaterThanOrEqual(3);
  await page.getByLabel(words.title, { exact: true }).fill('A fine title');
  await expect.poll(() => page.getByLabel(words.title, { exact: true }).getAttribute('aria-invalid')).toBeNull();
});

journey('a draft survives that its page is left', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  await page.goto('/new');
  await waitForEditor(page);
  await page.getByLabel(words.title, { exact: true }).fill('Half a thought');
  await textBox(page).fill(CONTENT);
  await page.goto('/explore');
  await page.goto('/new');
  expect(await page.getByLabel(words.title, { exact: true }).inputValue()).toBe('Half a thought');
  await expect.poll(() => textBox(page).innerText()).toContain('{{topic}}');
  await page.getByRole('button', { name: words.draftDiscard }).click();
  expect(await page.getByLabel(words.title, { exact: true }).inputValue()).toBe('');
});

journey('two editors of one prompt: the second merges, and nothing of either is lost', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const lines = ['First {{a}}.', 'Second line.', 'Third line.', 'Fourth line.', 'Fifth line.'];
  const id = await write(ada.page, { title: 'Two editors', content: lines.join('\n'), category: 'Writing' });
  const laptop = await arrive('laptop');
  await signIn(laptop, ada.account);
  await laptop.page.waitForURL((url) => url.pathname !== '/sign-in');
  for (const { page } of [ada, laptop]) {
    await page.goto(`/p/${id}/edit`);
    await waitForEditor(page);
  }
  await textBox(ada.page).fill(lines.with(0, 'First {{a}}, changed at the desk.').join('\n'));
  await ada.page.getByRole('button', { name: words.save, exact: true }).click();
  await ada.page.waitForURL(new RegExp(`/p/${id}$`));

  laptop.expects(412, new RegExp(`/prompts/${id}$`));
  await textBox(laptop.page).fill(lines.with(4, 'Fifth line, changed on the laptop.').join('\n'));
  await laptop.page.getByRole('button', { name: words.save, exact: true }).click();
  await laptop.page.getByRole('heading', { name: words.merge.title(2) }).waitFor();
  await laptop.page.getByRole('button', { name: words.merge.use }).click();
  await laptop.page.getByText(words.merge.applied).waitFor();
  await laptop.page.getByRole('button', { name: words.save, exact: true }).click();
  await laptop.page.waitForURL(new RegExp(`/p/${id}$`));
  const saved = (await (await fetch(`${ada.url}/prompts/${id}`)).json()) as { content: string };
  expect(saved.content).toContain('changed at the desk');
  expect(saved.content).toContain('changed on the laptop');
});

journey('an edit makes a new version of the same prompt', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { api } = ada;
  const id = await api.createPrompt({ title: 'Before', content: CONTENT, category: 'Writing' });
  await ada.page.goto(`/p/${id}/edit`);
  await waitForEditor(ada.page);
  await ada.page.getByLabel(words.title, { exact: true }).fill('After');
  await ada.page.getByLabel(words.changeLog, { exact: true }).fill('A better title');
  await ada.page.getByRole('button', { name: words.save, exact: true }).click();
  await ada.page.getByRole('heading', { name: 'After' }).waitFor();
  const versions = await api.get<{ content: { version: number; changeLog: string | null }[] }>(`/prompts/${id}/versions`);
  expect(versions.content[0]).toMatchObject({ version: 2, changeLog: 'A better title' });
});

journey('two editors of one line: the second chooses, line by line and title by title, and sees what either wrote', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { api } = ada;
  const id = await api.createPrompt({ title: 'One title', content: 'The first line.\nThe last line.', category: 'Writing' });
  const { page } = ada;
  await page.goto(`/p/${id}/edit`);
  await waitForEditor(page);
  await api.call('PUT', `/prompts/${id}`, { title: 'Their title', content: 'The first line, theirs.\nThe last line.' });
  await page.getByLabel(words.title, { exact: true }).fill('Your title');
  await textBox(page).fill('The first line, yours.\nThe last line.');
  ada.expects(412, new RegExp(`/prompts/${id}$`));
  await page.getByRole('button', { name: words.save, exact: true }).click();
  await page.getByRole('heading', { name: words.merge.title(2) }).waitFor();
  const [title, line] = [page.getByRole('group', { name: new RegExp(words.title) }), page.getByRole('group', { name: words.merge.conflict(2, 2), exact: true })];
  await title.getByText('Their title').waitFor();
  await title.getByRole('radio', { name: words.merge.theirs }).check();
  await line.getByText('The first line, theirs.').waitFor();
  await line.getByRole('radio', { name: words.merge.both }).check();
  await page.getByRole('button', { name: words.merge.use }).click();
  await page.getByRole('button', { name: words.save, exact: true }).click();
  await page.getByRole('heading', { name: 'Their title' }).waitFor();
  expect(await api.get(`/prompts/${id}`)).toMatchObject({ title: 'Their title', content: 'The first line, theirs.\nThe first line, yours.\nThe last line.' });
});
