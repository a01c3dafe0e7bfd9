import { expect } from 'vitest';
import { words } from '../src/words/en';
import { journey } from './support/journey';

journey('while prompts are away the page says so, and shows them by itself when they are back', async (arrive) => {
  const visitor = await arrive('visitor');
  const { page } = visitor;
  visitor.expects(503, /^\/(prompts|analytics)/);
  let isAway = true;
  await page.route(/^[^?]*\/(prompts|analytics)(\/|\?|$)/, async (route) => {
    if (!isAway) return route.continue();
    const problem = { status: 503, title: 'Service Unavailable', code: 'DEPENDENCY_UNAVAILABLE', detail: 'Away.', message: 'Away.', errors: {} };
    await route.fulfill({ status: 503, contentType: 'application/problem+json', headers: { 'retry-after': '1' }, json: problem });
  });
  await page.goto('/explore');
  await page.getByText(words.outage.services.prompt).first().waitFor();
  isAway = false;
  await page.locator('.prompt-list > li').first().waitFor({ timeout: 30_000 });
  await expect.poll(() => page.locator('.banner').count(), { timeout: 20_000 }).toBe(0);
});

journey('without a network the page says so, keeps what it shows, and goes on by itself', async (arrive) => {
  const visitor = await arrive('visitor');
  const { page, context } = visitor;
  await page.goto('/explore');
  await page.locator('.prompt-list > li').first().waitFor();
  await context.setOffline(true);
  await page.getByRole('searchbox').fill('glaciers');
  await page.getByText(words.outage.offline).first().waitFor();
  await context.setOffline(false);
  await page.locator('.prompt-list mark', { hasText: 'glaciers' }).first().waitFor({ timeout: 30_000 });
});
