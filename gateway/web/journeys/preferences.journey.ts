// Pages as people see them who chose colours, a size of text or stillness of their own.
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { journey } from './support/journey';
import { findViolations } from './support/axe';
import { visitEveryPage } from './support/pages';

/** Returns what is wider than the screen, cut off, or laid over another control. */
function lookForCuts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const nameOf = (element: Element) => `${element.tagName.toLowerCase()}.${element.className} "${(element.textContent ?? '').slice(0, 30)}"`;
    const isShown = (element: Element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const all = [...document.body.querySelectorAll<HTMLElement>('*')].filter(isShown);
    const found: string[] = [];
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) {
      const wide = all.filter((element) => element.getBoundingClientRect().right > width + 1);
      found.push(...wide.slice(0, 5).map((element) => `wider than the screen: ${nameOf(element)}`));
    }
    for (const element of all) {
      const style = getComputedStyle(element);
      // An ellipsis or a line clamp says that there is more; what is only there to be heard is cut on purpose.
      const isMeant = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none' || element.closest('.visually-hidden, svg') !== null;
      const cuts = (overflow: string) => overflow === 'hidden' || overflow === 'clip';
      if (isMeant || element.textContent === '' || element.clientWidth <= 1) continue;
      const isCut =
        (cuts(style.overflowX) && element.scrollWidth > element.clientWidth + 1) || (cuts(style.overflowY) && element.scrollHeight > element.clientHeight + 1);
      if (isCut) found.push(`cut: ${nameOf(element)}`);
      const isButton = element.matches('button, a.button, .tag, select');
      if (isButton && element.scrollHeight > element.clientHeight + 1) found.push(`its text leaves it: ${nameOf(element)}`);
    }
    // A bar that stays in sight lies over what scrolls below it.
    const stays = (element: Element | null): boolean =>
      element !== null && (['sticky', 'fixed'].includes(getComputedStyle(element).position) || stays(element.parentElement));
    const isControl = (element: Element) => element.matches('a, button, input, select, textarea, summary') && !element.matches('.visually-hidden');
    const controls = all.filter((element) => isControl(element) && element.getClientRects().length === 1 && !stays(element));
    for (const [index, one] of controls.entries()) {
      for (const other of controls.slice(index + 1)) {
        if (one.contains(other) || other.contains(one)) continue;
        const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
        const overlap = Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
        if (overlap) found.push(`${nameOf(one)} lies over ${nameOf(other)}`);
      }
    }
    return found;
  });
}

/** Returns controls that nothing shows: no border, and no text or picture in another colour than what is behind. */
function lookForHidden(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const channels = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const isClear = (colour: string) => channels(colour)[3] === 0;
    const groundOf = (element: Element | null): string => {
      if (element === null) return 'rgb(255, 255, 255)';
      const colour = getComputedStyle(element).backgroundColor;
      return isClear(colour) ? groundOf(element.parentElement) : colour;
    };
    const controls = [...document.body.querySelectorAll('a, button, input, select, textarea, summary')];
    return controls
      .filter((control) => control.checkVisibility({ visibilityProperty: true }))
      .filter((control) => {
        const style = getComputedStyle(control);
        const ground = groundOf(control.parentElement);
        const hasBorder = style.borderTopStyle !== 'none' && style.borderTopWidth !== '0px' && style.borderTopColor !== ground;
        const hasContent = control.textContent !== '' || control.querySelector('svg, img') !== null;
        const isDrawnByBrowser = control.matches('[type=radio], [type=checkbox]') && style.appearance !== 'none';
        return !hasBorder && !isDrawnByBrowser && !(hasContent && style.color !== groundOf(control));
      })
      .map((control) => control.outerHTML.slice(0, 120));
  });
}

/** What is chosen among things of its kind, and must look otherwise than the rest without any colour of ours. */
const CHOSEN = '[aria-pressed=true], nav [aria-current]:not([aria-current=false]), [aria-selected=true], .chosen';

/** Returns what is chosen and looks like what is not. */
function lookForAlike(page: Page): Promise<string[]> {
  return page.evaluate((chosen) => {
    const look = (element: Element) => {
      const style = getComputedStyle(element);
      const { color, backgroundColor, borderBottomColor, borderBottomWidth, borderTopColor, fontWeight, textDecorationLine, outlineStyle } = style;
      return JSON.stringify([color, backgroundColor, borderBottomColor, borderBottomWidth, borderTopColor, fontWeight, textDecorationLine, outlineStyle]);
    };
    const found: string[] = [];
    for (const one of document.querySelectorAll(chosen)) {
      const rest = [...(one.closest('ul, nav, .switch, .stars, fieldset')?.querySelectorAll(one.tagName) ?? [])].filter((other) => !other.matches(chosen));
      if (one.checkVisibility() && rest.some((other) => look(other) === look(one))) found.push(one.outerHTML.slice(0, 120));
    }
    return found;
  }, CHOSEN);
}

journey('in forced colours every control is seen, and what is chosen looks otherwise', async (arrive) => {
  const found: string[] = [];
  await visitEveryPage(arrive, { forcedColors: 'active', reducedMotion: 'reduce', once: true }, async ({ name, page }) => {
    found.push(...(await lookForHidden(page)).map((line) => `${name}: not seen: ${line}`));
    found.push(...(await lookForAlike(page)).map((line) => `${name}: looks like the rest: ${line}`));
    found.push(...(await findViolations(page)).map((line) => `${name}: ${line}`));
  });
  expect(found).toEqual([]);
});

for (const width of [1280, 390]) {
  journey(`with text of twice the size nothing is cut or lies over anything at ${width} px`, async (arrive) => {
    const found: string[] = [];
    await visitEveryPage(arrive, { width, reducedMotion: 'reduce', once: true }, async ({ name, page }) => {
      await page.evaluate(() => {
        document.documentElement.style.fontSize = '200%';
      });
      expect(await page.evaluate(() => Number.parseFloat(getComputedStyle(document.body).fontSize))).toBeGreaterThanOrEqual(28);
      found.push(...(await lookForCuts(page)).map((line) => `${name}: ${line}`));
    });
    expect(found).toEqual([]);
  });
}

journey('where less motion is asked for nothing moves', async (arrive) => {
  const found: string[] = [];
  await visitEveryPage(arrive, { reducedMotion: 'reduce', once: true }, async ({ name, page }) => {
    const moving = await page.evaluate(() => {
      const seconds = (times: string) => Math.max(...times.split(',').map(Number.parseFloat));
      const all = [...document.querySelectorAll('*')].filter((element) => {
        const style = getComputedStyle(element);
        return seconds(style.transitionDuration) > 0 || seconds(style.animationDuration) > 0 || style.scrollBehavior === 'smooth';
      });
      return all.map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
    });
    found.push(...new Set(moving.map((line) => `${name}: ${line}`)));
  });
  expect(found).toEqual([]);
});
