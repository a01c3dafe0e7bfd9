import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, promptApi } from '../api/client';
import type { Suggestion } from '../api/types';

/** What may be meant by a text as far as it is typed. */
export function suggestionsQuery(typed: string) {
  return queryOptions({
    queryKey: ['suggestions', typed],
    queryFn: ({ signal }) => call(promptApi.GET('/prompts/suggest', { params: { query: { q: typed, limit: 8 } }, signal })),
    // What was suggested before stays until the newer answer is there: nothing flickers at a key.
    placeholderData: keepPreviousData,
    enabled: typed !== '',
  });
}

/** Returns what makes a suggestion another than those beside it. */
export function keyOf({ kind, text, promptId }: Suggestion): string {
  return [kind, promptId, text].join(' ');
}

/** Returns the address that a suggestion leads to; null for words, which are searched for. */
export function destinationOf({ kind, text, promptId }: Suggestion) {
  if (kind === 'TITLE' && typeof promptId === 'string') return { to: '/p/$id', params: { id: promptId } } as const;
  if (kind === 'AUTHOR') return { to: '/u/$name', params: { name: text } } as const;
  if (kind === 'TAG') return { to: '/explore', search: { tag: text } } as const;
  if (kind === 'CATEGORY') return { to: '/explore', search: { category: text } } as const;
  return null;
}
