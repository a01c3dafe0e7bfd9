import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { testWords } from '../src/words/tests';
import { journey } from './support/journey';

const words = testWords.create;

/** Chooses a file by the dialog. */
async function choose(page: Page, name: string, content: string | Buffer): Promise<void> {
  const another = page.getByRole('button', { name: words.other });
  if (await another.isVisible()) await another.click();
  const buffer = typeof content === 'string' ? Buffer.from(content) : content;
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer });
  await page.getByText(words.chosen(name)).waitFor();
}

function utf16(text: string, isBig: boolean): Buffer {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return isBig ? bytes.swap16() : bytes;
}

/** Files with the same two rows, as programs write them. */
const SAME = {
  'comma.csv': 'name,note,expected\nAda,"two\nlines",yes\nBób,"a ""quote"", and more",\n',
  'semicolon.csv': 'name;note;expected\nAda;"two\nlines";yes\nBób;"a ""quote"", and more";\n',
  'tab.tsv': 'name\tnote\texpected\nAda\t"two\nlines"\tyes\nBób\t"a ""quote"", and more"\t\n',
  'bom-crlf.csv': '\ufeffname,note,expected\r\nAda,"two\nlines",yes\r\nBób,"a ""quote"", and more",\r\n',
  'little.txt': utf16('name\tnote\texpected\r\nAda\t"two\nlines"\tyes\r\nBób\t"a ""quote"", and more"\t\r\n', false),
  'big.txt': utf16('name,note,expected\nAda,"two\nlines",yes\nBób,"a ""quote"", and more",\n', true),
  'rows.json': '[{"variables":{"name":"Ada","note":"two\\nlines"},"expected":"yes"},{"variables":{"name":"Bób","note":"a \\"quote\\", and more"}}]',
};

journey('files as spreadsheets write them are shown as the server reads them, and nothing is stored before it is saved', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page, api } = ada;
  await page.goto('/tests/new');
  const table = page.getByRole('region', { name: words.preview }).getByRole('table');
  for (const [name, content] of Object.entries(SAME)) {
    await choose(page, name, content);
    await expect.poll(() => table.locator('tbody tr').count(), { message: name }).toBe(2);
    const values = await table.locator('tbody td').allTextContents();
    expect(values, name).toEqual(['Ada', 'two\nlines', 'yes', 'Bób', 'a "quote", and more', '']);
  }
  expect(await api.get('/api/tests/datasets')).toMatchObject({ totalElements: 0 });
  await page.getByRole('textbox', { name: words.name }).fill('Two people');
  await page.getByRole('button', { name: words.submit }).click();
  await page.getByRole('heading', { name: 'Two people' }).waitFor();
  expect(await api.get('/api/tests/datasets')).toMatchObject({ totalElements: 1, content: [{ name: 'Two people', rowCount: 2 }] });
});

journey('what cannot be read is named by its line, and is not stored', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  await page.goto('/tests/new');
  const errors = page.getByRole('alert').locator('li');
  await choose(page, 'lines.csv', 'a,b\n1,2\n"x\ny",2,3\n1\n');
  await errors.filter({ hasText: words.line('3') }).waitFor();
  await errors.filter({ hasText: words.line('5') }).waitFor();
  expect(await errors.count()).toBe(2);
  expect(await page.getByRole('button', { name: words.submit }).count()).toBe(0);
  await choose(page, 'unclosed.csv', 'a,b\n1,"2\n3,4\n');
  await errors.filter({ hasText: words.line('2') }).waitFor();
  await choose(page, 'long.csv', `a\n${'x\n'.repeat(1_001)}`);
  await errors.filter({ hasText: /1,?000/ }).waitFor();
  await page.getByText(words.found(1_001, '1,001')).first().waitFor();
  // A pasted text is read too, once its writer pauses; it may be mended in place.
  await page.getByRole('button', { name: words.other }).click();
  const text = page.getByRole('textbox', { name: words.paste });
  await text.fill('name;city\nAda;London;1815\n');
  await errors.filter({ hasText: words.line('2') }).waitFor();
  await text.fill('name;city\nAda;London\n');
  await page.getByRole('region', { name: words.preview }).getByText('London').waitFor();
  await page.getByRole('textbox', { name: words.name }).waitFor();
});

journey('a file is dropped, its first rows and its count are the server’s, and a deleted data set is gone', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  await page.goto('/tests/new');
  const data = await page.evaluateHandle((content) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], 'numbers.csv', { type: 'text/csv' }));
    return transfer;
  }, `number\n${Array.from({ length: 1_000 }, (_, index) => index).join('\n')}\n`);
  await page.locator('.drop-zone').dispatchEvent('drop', { dataTransfer: data });
  await page.getByText(words.shown('20')).waitFor();
  expect(await page.getByRole('region', { name: words.preview }).locator('tbody tr').count()).toBe(20);
  expect(await page.getByRole('textbox', { name: words.name }).inputValue()).toBe('numbers');
  await page.getByRole('button', { name: words.submit }).click();
  await page.waitForURL(/\/tests\/data\//);
  await page.locator('.dataset-facts').getByText(testWords.list.rows(1_000, '1,000')).waitFor();
  await page.getByRole('button', { name: testWords.dataset.more }).click();
  await expect.poll(() => page.locator('.row-table tbody tr').count()).toBe(100);
  await page.getByRole('button', { name: testWords.dataset.remove, exact: true }).click();
  await page.getByRole('button', { name: testWords.dataset.removeConfirm }).click();
  await page.waitForURL(/\/tests$/);
  await page.getByRole('heading', { name: testWords.list.empty }).waitFor();
});
