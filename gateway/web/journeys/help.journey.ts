import { expect } from 'vitest';
import { editorWords } from '../src/words/editor';
import { helpWords as words } from '../src/words/help';
import { account } from './support/api';
import { journey } from './support/journey';
import { author, textBox, waitForEditor } from './support/steps';

const { placeholders, licences, assertions } = words.topics;

journey('help is a click away from where it is needed, and nothing that was typed is lost', async (arrive) => {
  const { page, url } = await arrive('visitor');
  await page.goto('/new');
  await waitForEditor(page);
  await page.getByLabel(editorWords.title, { exact: true }).fill('Half written');
  await textBox(page).fill('Explain {{topic}}.');
  const help = page.getByRole('button', { name: placeholders.open });
  await help.click();
  const dialog = page.getByRole('dialog', { name: placeholders.title });
  // The levels of headings follow that of the dialog.
  await dialog.getByRole('heading', { name: 'Defaults', level: 3 }).waitFor();
  await dialog.getByText('{{ratio:16:9}}').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await help.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(await page.getByLabel(editorWords.title, { exact: true }).inputValue()).toBe('Half written');

  const ada = await author(url, account('ada'));
  const promptId = await ada.createPrompt({ title: 'A plan', content: 'A valuable text for {{name}}.', category: 'Business' });
  const { id } = await ada.post<{ id: string }>('/api/marketplace/listings', { promptId, price: 5 });
  await page.goto(`/market/${id}`);
  await page.getByRole('button', { name: licences.open }).click();
  const bought = page.getByRole('dialog', { name: licences.title });
  await bought.getByRole('heading', { name: 'Refunds' }).waitFor();
  await page.goto((await bought.getByRole('link', { name: words.ownPage }).getAttribute('href')) ?? '');
  await page.getByRole('heading', { name: 'Refunds', level: 2 }).waitFor();
  await page.getByRole('link', { name: assertions.title, exact: true }).click();
  await page.getByText('levenshtein').waitFor();
});
