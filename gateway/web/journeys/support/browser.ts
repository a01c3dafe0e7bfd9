import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Returns the browser of the machine: nothing is downloaded. */
export function findChromium(): string {
  const given = process.env['CHROMIUM'];
  if (given !== undefined && given !== '') return given;
  const directories = (process.env['PATH'] ?? '').split(delimiter);
  const found = NAMES.flatMap((name) => directories.map((directory) => join(directory, name))).find(existsSync);
  if (found === undefined) throw new Error('no Chromium on PATH: apt-get install chromium, or set CHROMIUM');
  return found;
}

/** Without its own requests to its maker. Root, as in containers, has no sandbox. */
export const BROWSER_ARGUMENTS = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run'];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: BROWSER_ARGUMENTS });
}
