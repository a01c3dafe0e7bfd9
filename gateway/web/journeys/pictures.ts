// Takes pictures of every page at 1440 and 390 px, light and dark, into SCREENSHOTS (web/screenshots by
// default): `npm run screenshots`. Run by vitest for its fleet, apart from the journeys.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { journey } from './support/journey';
import { pagesToSee } from './support/pages';
import { author, signIn } from './support/steps';

const directory = process.env['SCREENSHOTS'] ?? fileURLToPath(new URL('../screenshots', import.meta.url));

for (const width of [1440, 390]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    journey(`pictures at ${width} px, ${colorScheme}`, async (arrive) => {
      mkdirSync(directory, { recursive: true });
      const options = { width, colorScheme } as const;
      const [visitor, ada] = [await arrive('visitor', options), await arrive('ada', options)];
      const api = await author(ada.url, ada.account);
      const content = 'You are a patient teacher.\n\nExplain {{topic}} to {{audience:a curious child}} in five sentences.';
      const promptId = await api.createPrompt({ title: 'Explain anything', content, category: 'Education', tags: ['teaching'] });
      await api.call('PUT', `/prompts/${promptId}`, { content: content.replace('five', 'three'), changeLog: 'Shorter' });
      const listed = await api.createPrompt({ title: 'A letter that works', content: `Write ${content}`, category: 'Writing' });
      const { id } = await api.post<{ id: string }>('/api/marketplace/listings', { promptId: listed, price: 9.9 });
      await signIn(ada);
      await ada.page.waitForURL((url) => url.pathname !== '/sign-in');
      for (const { name, path, ready, signedIn = false } of pagesToSee(promptId, ada.account.username, id)) {
        const { page } = signedIn ? ada : visitor;
        await page.goto(path);
        await page.locator(ready).first().waitFor();
        await page.waitForLoadState('networkidle');
        await page.screenshot({ path: `${directory}/${name}-${width}-${colorScheme}.png` });
      }
    });
  }
}
