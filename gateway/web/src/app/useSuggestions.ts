import { useQuery } from '@tanstack/react-query';
import { useState, type KeyboardEvent } from 'react';
import type { Suggestion } from '../api/types';
import { words } from '../words/en';
import { keyOf, suggestionsQuery } from './suggestions';

/** A list that is open. */
interface Open {
  typed: string;
  /** The key of the suggestion that the arrows are at. */
  active: string | undefined;
}

const NONE: Suggestion[] = [];

/** The suggestions under a field, and the keys that walk through them while the focus stays in the field. */
export function useSuggestions() {
  const [open, setOpen] = useState<Open | null>(null);
  const query = useQuery(suggestionsQuery(open?.typed ?? ''));
  const shown = (open !== null && open.typed !== '' && query.data?.suggestions) || NONE;
  const active = shown.findIndex((suggestion) => keyOf(suggestion) === open?.active);
  const isAnswered = open !== null && query.isSuccess && !query.isPlaceholderData;

  const ask = (typed: string) => setOpen({ typed: typed.trim().slice(0, 200), active: undefined });
  const close = () => setOpen(null);
  const moveTo = (index: number) => {
    const suggestion = shown[index];
    setOpen((current) => current && { ...current, active: suggestion && keyOf(suggestion) });
  };

  /** Handles a key of the field; returns whether it was for the list. */
  const handleKey = (event: KeyboardEvent<HTMLInputElement>, choose: (suggestion: Suggestion) => void): boolean => {
    if (event.key === 'ArrowDown' && open === null) {
      ask(event.currentTarget.value);
      return true;
    }
    if (shown.length === 0) return false;
    const chosen = shown[active];
    // Before the first and after the last stands the field itself.
    if (event.key === 'ArrowDown') moveTo(active + 1);
    else if (event.key === 'ArrowUp') moveTo(active === -1 ? shown.length - 1 : active - 1);
    else if (event.key === 'Escape') close();
    else if (event.key === 'Enter' && chosen) choose(chosen);
    else return false;
    return true;
  };

  const announcement = isAnswered && open.typed !== '' ? words.search.suggestions(shown.length) : '';
  return { shown, active, announcement, ask, close, handleKey };
}
