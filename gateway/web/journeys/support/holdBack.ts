import type { Page, Route } from 'playwright-core';

/**
 * Holds the requests of a page for an address back until the returned function is called.
 *
 * @param answer What they are answered with then: by default what the server says.
 */
export async function holdBack(page: Page, address: string | RegExp, answer = (route: Route) => route.continue()): Promise<() => void> {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(address, async (route) => {
    await held;
    // A request that the page gave up meanwhile cannot be answered.
    await answer(route).catch(() => undefined);
  });
  return release;
}
