import { expect } from 'vitest';
import { playgroundWords as words } from '../src/words/playground';
import { journey } from './support/journey';
import { author, register } from './support/steps';

const PAYLOADS = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(2)</script>',
  '"><svg onload=alert(3)>',
  "javascript:alert(4)//'",
  '{{constructor.constructor("alert(5)")()}}',
  '<mark>not ours</mark>',
  '![a picture](https://elsewhere.example/pixel.png) [a link](javascript:alert(6))',
];

journey('what one person writes runs nothing in the browser of another, and is shown as it was written', async (arrive) => {
  const eve = await arrive('eve');
  const api = await author(eve.url, eve.account);
  const text = PAYLOADS.join('\n');
  const title = `hostilewords ${PAYLOADS[0]}`;
  const id = await api.createPrompt({
    title,
    content: `${text}\n\nhostilewords`,
    description: PAYLOADS.slice(0, 4).join(' '),
    category: '<i>Category</i>',
    tags: ['<b>tag</b>', 'onload=x'],
  });
  await api.post('/api/social/comments', { promptId: id, content: text });
  const ada = await arrive('ada');
  await register(ada);
  const { page } = ada;
  for (const path of ['/explore?q=hostilewords', `/p/${id}`, `/p/${id}?tab=versions`, `/p/${id}?tab=discussion`, `/u/${eve.account.username}`]) {
    await page.goto(path);
    await page.waitForLoadState('networkidle');
    const injected = await page.evaluate(() => document.querySelectorAll('main img[src=x], main script, main svg[onload], main i, main b').length);
    expect(injected, path).toBe(0);
  }
  await page.goto(`/p/${id}`);
  await page.getByRole('heading', { name: title }).waitFor();
  await page.getByText('<script>alert(2)</script>').first().waitFor();
});

journey('what a model answers runs nothing either, and loads nothing from elsewhere', async (arrive) => {
  const ada = await arrive('ada');
  await register(ada);
  const { page } = ada;
  await page.goto('/playground');
  await page.getByLabel(words.prompt, { exact: true }).fill(PAYLOADS.filter((payload) => !payload.includes('{{')).join('\n\n'));
  const model = page.getByLabel(words.model(1));
  const echo = model.locator('option', { hasText: /^mock-echo$/ });
  await model.selectOption({ label: await echo.first().innerText() });
  await page.getByRole('button', { name: words.run, exact: true }).click();
  await page.getByText(words.statuses.COMPLETED, { exact: true }).waitFor();
  const answer = page.getByRole('article');
  await expect.poll(() => answer.innerText()).toContain('onerror=alert(1)');
  expect(await answer.locator('img, script, a[href^="javascript:"]').count()).toBe(0);
});
