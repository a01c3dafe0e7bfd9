import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useId, useRef, useState } from 'react';
import type { Suggestion } from '../api/types';
import { readExploreSearch } from '../pages/explore/search';
import { Icon } from '../ui/Icon';
import { words } from '../words/en';
import { optionId, SuggestionList } from './SuggestionList';
import { destinationOf } from './suggestions';
import { useSearchShortcut } from './useSearchShortcut';
import { useSuggestions } from './useSuggestions';

/** Milliseconds without a key after which the list follows what was typed. */
const DEBOUNCE = 180;

/**
 * The search of the header, with suggestions at each key. On explore the list follows too; elsewhere Enter leads
 * there. The words stand in the address, and the box follows it.
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
  const listId = useId();
  const suggestions = useSuggestions();
  useSearchShortcut(input);

  useEffect(() => {
    if (query === sent.current && isExplore) return;
    sent.current = query;
    setText(isExplore ? query : '');
  }, [query, isExplore]);

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

  const choose = (suggestion: Suggestion) => {
    clearTimeout(timer.current);
    suggestions.close();
    const destination = destinationOf(suggestion);
    if (destination === null) {
      setText(suggestion.text);
      search(suggestion.text, false);
      return;
    }
    setText('');
    sent.current = '';
    // The page that is led to takes the focus.
    input.current?.blur();
    void navigate(destination);
  };

  const follow = (typed: string) => {
    suggestions.ask(typed);
    clearTimeout(timer.current);
    if (isExplore) timer.current = window.setTimeout(() => search(typed, true), DEBOUNCE);
  };

  return (
    <form
      className="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        suggestions.close();
        search(text, false);
      }}
    >
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        role="combobox"
        enterKeyHint="search"
        autoComplete="off"
        spellCheck={false}
        aria-label={words.search.label}
        aria-keyshortcuts="/"
        aria-autocomplete="list"
        aria-expanded={suggestions.shown.length > 0}
        aria-controls={listId}
        aria-activedescendant={suggestions.active === -1 ? undefined : optionId(listId, suggestions.active)}
        placeholder={words.search.placeholder}
        value={text}
        dir="auto"
        onChange={(event) => {
          setText(event.currentTarget.value);
          // What an input method composes is no word yet.
          if (!(event.nativeEvent instanceof InputEvent && event.nativeEvent.isComposing)) follow(event.currentTarget.value);
        }}
        onCompositionEnd={(event) => follow(event.currentTarget.value)}
        onBlur={suggestions.close}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (suggestions.handleKey(event, choose)) {
            event.preventDefault();
          } else if (event.key === 'Escape' && text !== '') {
            event.preventDefault();
            setText('');
            if (isExplore) search('', true);
          }
        }}
      />
      <kbd aria-hidden="true">/</kbd>
      <SuggestionList id={listId} suggestions={suggestions.shown} active={suggestions.active} onChoose={choose} />
      <p className="visually-hidden" role="status">
        {suggestions.announcement}
      </p>
    </form>
  );
}
