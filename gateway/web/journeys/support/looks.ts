// What is looked for on a page besides what axe finds.
import type { Page } from 'playwright-core';

/** Returns what is wider than the screen, by class. */
export function sideways(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > width + 1);
    return wide.map((element) => `${element.tagName.toLowerCase()}.${element.className}`).slice(0, 5);
  });
}

/** Makes the text of a page twice as large; returns what stayed as it was. */
export function enlargeText(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const hasText = (element: Element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '');
    const isText = (element: Element) => (hasText(element) || element.matches('input, select, textarea')) && element.checkVisibility();
    const texts = [...document.body.querySelectorAll(':not(svg *)')].filter(isText);
    const sizeOf = (element: Element) => Number.parseFloat(getComputedStyle(element).fontSize);
    const before = texts.map(sizeOf);
    document.documentElement.style.fontSize = '200%';
    const stayed = texts.filter((element, index) => sizeOf(element) < 1.9 * (before[index] ?? 0));
    return stayed.map((element) => `does not grow: ${element.tagName.toLowerCase()}.${element.className} "${(element.textContent ?? '').slice(0, 30)}"`);
  });
}

/** Returns what is wider than the screen, cut off, or laid over another control. */
export function lookForCuts(page: Page): Promise<string[]> {
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

/** What is chosen among things of its kind, and must look otherwise than the rest without any colour of ours. */
const CHOSEN = '[aria-pressed=true], nav [aria-current]:not([aria-current=false]), [aria-selected=true], .chosen';

/**
 * Returns controls that nothing shows: no border, and no text or picture in another colour than what is behind; and
 * what is chosen and looks like what is not.
 */
export function lookForUnseen(page: Page): Promise<string[]> {
  return page.evaluate((chosen) => {
    const isClear = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number)[3] === 0;
    const groundOf = (element: Element | null): string => {
      if (element === null) return 'rgb(255, 255, 255)';
      const colour = getComputedStyle(element).backgroundColor;
      return isClear(colour) ? groundOf(element.parentElement) : colour;
    };
    const borderOf = (element: Element, side: 'Top' | 'Bottom') => {
      const { [`border${side}Style`]: line, [`border${side}Width`]: width, [`border${side}Color`]: colour } = getComputedStyle(element) as never as Record<string, string>;
      return line === 'none' || width === '0px' || colour === groundOf(element.parentElement) ? 'none' : `${width} ${colour}`;
    };
    const isHidden = (control: Element) => {
      const style = getComputedStyle(control);
      const hasContent = control.textContent !== '' || control.querySelector('svg, img') !== null;
      const isDrawnByBrowser = control.matches('[type=radio], [type=checkbox]') && style.appearance !== 'none';
      return borderOf(control, 'Top') === 'none' && !isDrawnByBrowser && !(hasContent && style.color !== groundOf(control));
    };
    const look = (element: Element) => {
      const style = getComputedStyle(element);
      const outline = style.outlineStyle === 'none' ? 'none' : `${style.outlineWidth} ${style.outlineColor}`;
      // A little more weight is seen by nobody.
      const isBold = Number(style.fontWeight) >= 600;
      return [style.color, groundOf(element), borderOf(element, 'Top'), borderOf(element, 'Bottom'), style.textDecorationLine, outline, isBold].join('; ');
    };
    const isShown = (element: Element) => element.checkVisibility({ visibilityProperty: true });
    // What is only there to be heard, or chosen by its label, is not to be seen itself.
    const isDrawn = (element: Element) => isShown(element) && !element.matches('.visually-hidden');
    const controls = [...document.body.querySelectorAll('a, button, input, select, textarea, summary')].filter(isDrawn);
    const hidden = controls.filter(isHidden).map((control) => `not seen: ${control.outerHTML.slice(0, 120)}`);
    const alike = [...document.querySelectorAll(chosen)].filter(isShown).filter((one) => {
      const all = one.closest('ul, nav, .switch, .stars, fieldset')?.querySelectorAll(one.tagName) ?? [];
      return [...all].some((other) => !other.matches(chosen) && look(other) === look(one));
    });
    return [...hidden, ...alike.map((one) => `looks like the rest: ${one.outerHTML.slice(0, 120)}`)];
  }, CHOSEN);
}

/** Returns what moves, by class. */
export function lookForMotion(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const seconds = (times: string) => Math.max(...times.split(',').map(Number.parseFloat));
    const all = [...document.querySelectorAll('*')].filter((element) => {
      const style = getComputedStyle(element);
      return seconds(style.transitionDuration) > 0 || seconds(style.animationDuration) > 0 || style.scrollBehavior === 'smooth';
    });
    return [...new Set(all.map((element) => `moves: ${element.tagName.toLowerCase()}.${element.className}`))];
  });
}
