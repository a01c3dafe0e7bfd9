import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { words } from '../src/words/en';
import { playgroundWords } from '../src/words/playground';
import { journey } from './support/journey';
import { textBox, waitForEditor } from './support/steps';

const LONG = 'A line with {{name}} in it. '.repeat(3600).slice(0, 100_000);
const KEYS = 'Quick keys';

/** Returns the milliseconds from each of some events to the picture after it. */
function timesOf(page: Page, event: 'paste' | 'keydown', count: number): Promise<() => Promise<number[]>> {
  return page
    .evaluateHandle(
      ([name, all]) => ({
        times: new Promise<number[]>((resolve) => {
          const times: number[] = [];
          const listener = () => {
            const from = performance.now();
            // The frame has been drawn when a task after its callbacks runs.
            requestAnimationFrame(() => {
              setTimeout(() => {
                times.push(performance.now() - from);
                if (times.length === all) resolve(times);
              });
            });
            seen += 1;
            if (seen === all) removeEventListener(name, listener, true);
          };
          let seen = 0;
          addEventListener(name, listener, true);
        }),
      }),
      [event, count] as const,
    )
    .then((handle) => () => handle.evaluate(({ times }) => times));
}

/** Times are held to their bounds only where they are asked for: a busy machine fails no journey. */
const IS_TIMED = process.env['JOURNEYS_TIMES'] === '1';

/** Pastes 100,000 characters in one line, and types before them. */
async function takesLongText(page: Page, box: Locator, field: string): Promise<void> {
  await page.evaluate((text) => navigator.clipboard.writeText(text), LONG);
  await box.click();
  const paste = await timesOf(page, 'paste', 1);
  await page.keyboard.press('Control+V');
  const [pasted] = await paste();
  if (IS_TIMED) expect.soft(pasted, `milliseconds of a paste into ${field}`).toBeLessThan(1000);
  await page.keyboard.press('Control+Home');
  const keys = await timesOf(page, 'keydown', KEYS.length);
  for (const key of KEYS) await page.keyboard.press(key === ' ' ? 'Space' : key);
  const times = (await keys()).toSorted((a, b) => a - b);
  // The median: what else the machine does is not the field's.
  if (IS_TIMED) {
    console.log(`${field}: ${Math.round(pasted ?? 0)} ms of a paste, ${times.map(Math.round).join(', ')} ms of a key`);
    expect.soft(times[KEYS.length / 2], `milliseconds of a key in ${field}`).toBeLessThan(100);
  }
  const shown = () => box.evaluate((element) => ('value' in element ? String(element.value) : (element.textContent ?? '')));
  await expect.poll(async () => (await shown()).slice(0, KEYS.length)).toBe(KEYS);
}

journey('100,000 characters in one line are pasted into every long field, and typing goes on before them', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { api } = ada;
  const id = await api.createPrompt({ title: 'Takes long texts', content: 'Explain {{topic}}.', category: 'Education' });
  const { page } = ada;
  await page.goto('/new');
  await waitForEditor(page);
  await takesLongText(page, textBox(page), 'the text of a prompt');
  await page.goto('/playground');
  await takesLongText(page, page.getByLabel(playgroundWords.prompt, { exact: true }), 'the playground');
  await page.goto(`/p/${id}`);
  await takesLongText(page, page.getByRole('textbox', { name: 'topic' }), 'the value of a placeholder');
  await page.goto(`/p/${id}?tab=discussion`);
  await takesLongText(page, page.getByRole('textbox', { name: words.discussion.write }), 'a comment');
});
