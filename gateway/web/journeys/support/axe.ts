import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

declare const axe: { run: (context: Document, options: object) => Promise<AxeResults> };

/** The rules whose answer depends on colours. */
export const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** Returns what axe finds by all of our rules or by those that are named, one line for each rule and element. */
export async function findViolations(page: Page, rules?: readonly string[]): Promise<string[]> {
  // Evaluated by the browser's protocol, which the content policy does not govern.
  await page.evaluate(AXE);
  const results = await page.evaluate((runOnly) => axe.run(document, { runOnly }), rules === undefined ? TAGS : { type: 'rule', values: [...rules] });
  return results.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} (${node.failureSummary ?? ''})`));
}
