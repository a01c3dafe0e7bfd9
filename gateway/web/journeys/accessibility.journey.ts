// Every page as people see it who chose colours, a size of text or stillness of their own, or have a small screen.
// A page is loaded once for all of it.
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { COLOUR_RULES, findViolations } from './support/axe';
import { journey } from './support/journey';
import { enlargeText, lookForCuts, lookForMotion, lookForUnseen, sideways } from './support/looks';
import { visitEveryPage } from './support/pages';

/** What is found in one state of a page. */
type Find = (state: string, look: Promise<string[]>) => Promise<void>;

async function lookInEveryTheme(page: Page, find: Find): Promise<void> {
  await find('light', findViolations(page));
  await page.emulateMedia({ colorScheme: 'dark' });
  await find('dark', findViolations(page, COLOUR_RULES));
  await page.emulateMedia({ colorScheme: 'light' });
}

/** Every control is seen, and what is chosen looks otherwise. */
async function lookInForcedColours(page: Page, find: Find): Promise<void> {
  await page.emulateMedia({ forcedColors: 'active' });
  await find('in forced colours', lookForUnseen(page));
  await find('in forced colours', findViolations(page, COLOUR_RULES));
  await page.emulateMedia({ forcedColors: 'none' });
}

/** Nothing is cut or lies over anything where the text is twice as large. It stays so until the page is left. */
async function lookInLargeText(page: Page, find: Find): Promise<void> {
  await find('in large text', enlargeText(page));
  await find('in large text', lookForCuts(page));
}

async function resize(page: Page, width: number): Promise<void> {
  await page.setViewportSize({ width, height: page.viewportSize()?.height ?? 900 });
}

journey('every page is accessible in both themes and in forced colours, stands still where that is asked for, and has room for large text, on a desk', async (arrive) => {
  const found: string[] = [];
  await visitEveryPage(arrive, { width: 1440, reducedMotion: 'reduce' }, async ({ name, page, isLast }) => {
    const find: Find = async (state, look) => void found.push(...(await look).map((line) => `${name}, ${state}: ${line}`));
    await lookInEveryTheme(page, find);
    await find('at 1440 px', sideways(page));
    if (!isLast) return;
    await find('with less motion', lookForMotion(page));
    await lookInForcedColours(page, find);
    await resize(page, 1280);
    await lookInLargeText(page, find);
    await resize(page, 1440);
  });
  expect(found).toEqual([]);
});

journey('every page is accessible in both themes, scrolls in one direction at 320 px, and has room for large text, on a phone', async (arrive) => {
  const found: string[] = [];
  await visitEveryPage(arrive, { width: 390, reducedMotion: 'reduce' }, async ({ name, page, isLast }) => {
    const find: Find = async (state, look) => void found.push(...(await look).map((line) => `${name}, ${state}: ${line}`));
    await lookInEveryTheme(page, find);
    await find('at 390 px', sideways(page));
    if (!isLast) return;
    await resize(page, 320);
    await find('at 320 px', sideways(page));
    await resize(page, 390);
    await lookInLargeText(page, find);
  });
  expect(found).toEqual([]);
});
