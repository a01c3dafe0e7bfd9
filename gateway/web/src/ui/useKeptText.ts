import { useState } from 'react';

const PREFIX = 'pf-kept:';

/**
 * Returns a text that survives leaving the page, and how it is changed: it is kept in this tab under a name, or
 * nowhere where that is undefined. An empty text is not kept.
 */
export function useKeptText(name: string | undefined, initial = ''): [string, (text: string) => void] {
  const [text, setText] = useState(() => (name === undefined ? null : sessionStorage.getItem(PREFIX + name)) ?? initial);
  const change = (next: string) => {
    setText(next);
    if (name === undefined) return;
    try {
      if (next === '') sessionStorage.removeItem(PREFIX + name);
      else sessionStorage.setItem(PREFIX + name, next);
    } catch {
      // There is no room for it: it lives as long as the page.
    }
  };
  return [text, change];
}

/** Forgets all texts: the next reader of this tab is somebody else. */
export function forgetKeptTexts(): void {
  const names = Array.from({ length: sessionStorage.length }, (_, index) => sessionStorage.key(index) ?? '');
  for (const name of names) if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
}
