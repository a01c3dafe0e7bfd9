import { useEffect, useRef } from 'react';
import type { Suggestion } from '../api/types';
import { Icon, type IconName } from '../ui/Icon';
import { words } from '../words/en';
import { keyOf } from './suggestions';

const ICONS: Record<Suggestion['kind'], IconName> = { TITLE: 'file', TAG: 'tag', CATEGORY: 'folder', AUTHOR: 'user', WORD: 'search' };

interface SuggestionListProps {
  id: string;
  suggestions: Suggestion[];
  /** The index of the suggestion that the keyboard is at. */
  active: number;
  onChoose: (suggestion: Suggestion) => void;
}

/** Returns the id of an option, which its field names as the active one. */
export function optionId(list: string, index: number): string {
  return `${list}-${index}`;
}

/** The list box under a field with suggestions. The focus stays in the field. */
export function SuggestionList({ id, suggestions, active, onChoose }: SuggestionListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  // The keyboard is at the field, which handles it.
  /* oxlint-disable jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus */
  return (
    <div
      ref={list}
      id={id}
      role="listbox"
      aria-label={words.search.suggested}
      className="suggestions"
      hidden={suggestions.length === 0}
      onPointerDown={(event) => event.preventDefault()}
    >
      {suggestions.map((suggestion, index) => (
        <div key={keyOf(suggestion)} id={optionId(id, index)} role="option" aria-selected={index === active} onClick={() => onChoose(suggestion)}>
          <Icon name={ICONS[suggestion.kind]} />
          <bdi>{suggestion.text}</bdi>
          <span className="quiet">{words.search.kinds[suggestion.kind]}</span>
        </div>
      ))}
    </div>
  );
}
