import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { readExploreSearch } from '../pages/explore/search';
import { Icon } from '../ui/Icon';
import { words } from '../words/en';

/** Milliseconds without a key after which the list follows what was typed. */
const DEBOUNCE = 180;

/** Tells whether somebody types into an element: no shortcut may fire then. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}

/**
 * The search of the header. On explore the list follows each key; elsewhere Enter leads there. The words
 * stand in the address, and the box follows it.
 */
export function SearchBox() {
  const navigate = useNavigate();
  const isExplore = useRouterState({ select: (state) => ['/', '/explore'].includes(state.location.pathname) });
  const query = useRouterState({ select: (state) => readExploreSearch(state.location.search).q ?? '' });
  const [text, setText] = useState(isExplore ? query : '');
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<number | undefined>(undefined);
  /** The words that were last put into the address from here: a change to others comes from outside. */
  const sent = useRef(query);

  useEffect(() => {
    if (query === sent.current && isExplore) return;
    sent.current = query;
    setText(isExplore ? query : '');
  }, [query, isExplore]);

  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      input.current?.select();
    };
    document.addEventListener('keydown', focus);
    return () => document.removeEventListener('keydown', focus);
  }, []);

  const search = (keyword: string, isLive: boolean) => {
    clearTimeout(timer.current);
    const q = keyword.trim().slice(0, 200);
    sent.current = q;
    void navigate({
      to: '/explore',
      search: (previous) => ({ ...(isExplore ? readExploreSearch(previous) : {}), q: q || undefined }),
      replace: isLive,
      resetScroll: !isLive,
    });
  };

  return (
      <form
        className="search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          search(text, false);
        }}
      >
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          enterKeyHint="search"
          autoComplete="off"
          spellCheck={false}
          aria-label={words.search.label}
          aria-keyshortcuts="/"
          placeholder={words.search.placeholder}
          value={text}
          dir="auto"
          onChange={(event) => {
            const next = event.currentTarget.value;
            setText(next);
            clearTimeout(timer.current);
            if (isExplore) timer.current = window.setTimeout(() => search(next, true), DEBOUNCE);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && text !== '') {
              event.preventDefault();
              setText('');
              if (isExplore) search('', true);
            }
          }}
        />
        <kbd aria-hidden="true">/</kbd>
      </form>
  );
}
