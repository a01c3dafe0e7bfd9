// Holds explore and a prompt to their bars on Lighthouse's phone preset: `npm run lighthouse`. Run by vitest for
// its fleet, apart from the journeys: its times need an idle machine.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { Api, account } from './support/api';
import { BROWSER_ARGUMENTS, findChromium } from './support/browser';

const CLI = fileURLToPath(new URL('../lighthouse/node_modules/lighthouse/cli/index.js', import.meta.url));

/** The runs of a page; each figure is their median. */
const RUNS = 5;

/** What Lighthouse says of a page; scores are from 0 to 1. */
interface Report {
  categories: Record<'performance' | 'accessibility' | 'best-practices', { score: number }>;
  audits: Record<string, { score: number | null; scoreDisplayMode: string; numericValue?: number; title: string; displayValue?: string }>;
}

const FIGURES = {
  performance: (report: Report) => Math.round(report.categories.performance.score * 100),
  accessibility: (report: Report) => Math.round(report.categories.accessibility.score * 100),
  bestPractices: (report: Report) => Math.round(report.categories['best-practices'].score * 100),
  layoutShift: (report: Report) => report.audits['cumulative-layout-shift']?.numericValue ?? Number.NaN,
  largestPaint: (report: Report) => report.audits['largest-contentful-paint']?.numericValue ?? Number.NaN,
  firstPaint: (report: Report) => report.audits['first-contentful-paint']?.numericValue ?? Number.NaN,
  blockingTime: (report: Report) => report.audits['total-blocking-time']?.numericValue ?? Number.NaN,
};

type Figures = Record<keyof typeof FIGURES, number>;

function measure(url: string): Report {
  const options = ['--quiet', '--output=json', '--only-categories=performance,accessibility,best-practices', '--no-enable-error-reporting'];
  const flags = `--chrome-flags=--headless=new ${BROWSER_ARGUMENTS.join(' ')}`;
  const environment = { ...process.env, CHROME_PATH: findChromium() };
  const node = process.env['LIGHTHOUSE_NODE'] ?? process.execPath;
  const run = spawnSync(node, [CLI, url, ...options, flags], { encoding: 'utf8', env: environment, maxBuffer: 64 << 20 });
  if (run.status !== 0) throw new Error(`Lighthouse fails: ${run.error ?? run.stderr}`);
  return JSON.parse(run.stdout) as Report;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function holdToBars(page: string, path: string): void {
  const reports = Array.from({ length: RUNS }, () => measure(inject('url') + path));
  const figures = Object.fromEntries(
    Object.entries(FIGURES).map(([name, read]) => [name, median(reports.map(read))]),
  ) as Figures;
  const runs = reports.map(FIGURES.performance).join(', ');
  console.log(
    `${page}: performance ${figures.performance} (${runs}), accessibility ${figures.accessibility}, best practices ${figures.bestPractices}; ` +
      `first paint ${Math.round(figures.firstPaint)} ms, largest ${Math.round(figures.largestPaint)} ms, ` +
      `blocked ${Math.round(figures.blockingTime)} ms, layout shift ${figures.layoutShift.toFixed(3)}`,
  );
  for (const [name, audit] of Object.entries(reports[0]?.audits ?? {})) {
    const isGiven = ['binary', 'numeric', 'metricSavings'].includes(audit.scoreDisplayMode);
    if (isGiven && (audit.score ?? 1) < 0.9) console.log(`  ${name}: ${audit.title} ${audit.displayValue ?? ''}`);
  }
  expect.soft(figures.performance, 'performance').toBeGreaterThanOrEqual(95);
  expect.soft(figures.accessibility, 'accessibility').toBe(100);
  expect.soft(figures.bestPractices, 'best practices').toBe(100);
  expect.soft(figures.layoutShift, 'layout shift').toBeLessThanOrEqual(0.05);
  expect.soft(figures.largestPaint, 'milliseconds to the largest paint').toBeLessThanOrEqual(2500);
}

const MINUTES = 60_000;

test('explore holds its bars on a phone', { timeout: 10 * MINUTES }, () => holdToBars('explore', '/explore'));

test('a prompt holds its bars on a phone', { timeout: 10 * MINUTES }, async () => {
  const api = new Api(inject('url'));
  await api.register(account('author'));
  const content = `You are a patient teacher.\n\nExplain {{topic}} to {{audience:a curious child}}.\n\n${'Say what is known, and what is not. '.repeat(40)}`;
  const id = await api.createPrompt({ title: 'Explain anything', content, category: 'Education', tags: ['teaching'] });
  holdToBars('a prompt', `/p/${id}`);
});
