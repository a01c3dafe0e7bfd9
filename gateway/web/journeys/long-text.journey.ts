import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { words } from '../src/words/en';
import { playgroundWords } from '../src/words/playground';
import { journey } from './support/journey';
import { textBox, waitForEditor } from './support/steps';
import { IS_TIMED } from './support/times';

const LONG = 'A line with {{name}} in it. '.repeat(3600).slice(0, 100_000);
const KEYS = 'Quick keys';

/** Presses a key once the page listens for an event, and returns the milliseconds from the event to the picture after it. */
async function timeOf(page: Page, event: 'paste' | 'keydown', key: string): Promise<number> {
  const time = await page.evaluateHandle(
    (name) => ({
      elapsed: new Promise<number>((resolve) => {
        const listener = () => {
          const from = performance.now();
          // The frame has been drawn when a task after its callbacks runs.
          requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - from)));
        };
        addEventListener(name, listener, { capture: true, once: true });
      }),
    }),
    event,
  );
  await page.keyboard.press(key);
  return time.evaluate(({ elapsed }) => elapsed);
}

/** Pastes 100,000 characters in one line, and types before them. */
async function takesLongText(page: Page, box: Locator, field: string): Promise<void> {
  await page.evaluate((text) => navigator.clipboard.writeText(text), LONG);
  await box.click();
  const pasted = await timeOf(page, 'paste', 'Control+V');
  if (IS_TIMED) expect.soft(pasted, `milliseconds of a paste into ${field}`).toBeLessThan(1000);
  await page.keyboard.press('Control+Home');
  const times: number[] = [];
  // Each key after the picture of the one before: keys without a pause between them wait for each other.
  for (const key of KEYS) times.push(await timeOf(page, 'keydown', key === ' ' ? 'Space' : key));
  times.sort((a, b) => a - b);
  // The median: what else the machine does is not the field's.
  if (IS_TIMED) {
    console.log(`${field}: ${Math.round(pasted)} ms of a paste, ${times.map(Math.round).join(', ')} ms of a key`);
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
