import { diffWords, isSimilar, type WordPart } from '../../text/diff';

/** What differs between two answers. In two that have little in common nearly every word would be marked, so none is. */
export type AnswerChange = { kind: 'same' | 'different' } | { kind: 'marked'; before: WordPart[]; after: WordPart[] };

/** Compares the answers to one row by words. */
export function changeOf(before: string, after: string): AnswerChange {
  if (before === after) return { kind: 'same' };
  const parts = diffWords(before, after);
  if (!isSimilar(before, after, parts)) return { kind: 'different' };
  return {
    kind: 'marked',
    before: parts.filter((part) => part.kind !== 'added'),
    after: parts.filter((part) => part.kind !== 'removed'),
  };
}
