import type { CDPSession, Page } from 'playwright-core';
import { expect } from 'vitest';
import { testWords as words } from '../src/words/tests';
import { MODELS, ROWS, serveBigRun } from './support/bigRun';
import { journey } from './support/journey';
import { LONGEST_TASK } from './support/times';

/** The most that the heap may grow while all rows are scrolled through a second time, in bytes. */
const GROWTH = 4 * 1024 * 1024;

async function heapSize(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize;
}

/** Scrolls through all rows, a view at a time, and returns the most cells that were in the document. */
async function scrollThrough(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const scroller = document.querySelector('.result-scroller') ?? document.body;
    let most = 0;
    for (let top = 0; top < scroller.scrollHeight; top += scroller.clientHeight) {
      scroller.scrollTop = top;
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      most = Math.max(most, document.querySelectorAll('.cell-button').length);
    }
    return most;
  });
}

journey('1,000 rows on ten models: only what is in view is in the document, no task is long, and the memory stays', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(globalThis, { tasks });
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask', buffered: true });
  });
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/results')) asked += 1;
  });
  await page.goto(await serveBigRun(page));
  await page.getByText('1/1 The tide').first().waitFor();
  const devtools = await page.context().newCDPSession(page);
  const most = await scrollThrough(page);
  expect(most).toBeLessThan(40 * MODELS);
  // What flew by was not asked for.
  expect(asked).toBeLessThan(ROWS / 10 / 2);
  await page.getByText(`${ROWS}/${MODELS} The tide`).waitFor();
  const before = await heapSize(devtools);
  await scrollThrough(page);
  await page.getByText(`${ROWS}/${MODELS} The tide`).waitFor();
  expect((await heapSize(devtools)) - before).toBeLessThan(GROWTH);
  const tasks = await page.evaluate(() => (globalThis as unknown as { tasks: number[] }).tasks);
  expect(Math.max(0, ...tasks)).toBeLessThan(LONGEST_TASK);
});

journey('the grid is walked by keys: to its end, into a cell, and back to it', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  await page.goto(await serveBigRun(page));
  const cells = page.getByRole('grid').getByRole('button');
  await cells.first().focus();
  await page.keyboard.press('Control+End');
  const last = page.locator('.cell-button:focus');
  await expect.poll(() => last.innerText()).toContain(`${ROWS}/${MODELS} The tide`);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => last.innerText()).toContain(`${ROWS - 1}/${MODELS - 1} The tide`);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('region', { name: words.cell.now }).getByText(`${ROWS - 1}/${MODELS - 1} The tide`).waitFor();
  await dialog.getByRole('button', { name: words.cell.next }).click();
  await dialog.getByText(`${ROWS}/${MODELS - 1} The tide`).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(() => last.innerText()).toContain(`${ROWS - 1}/${MODELS - 1} The tide`);
});
