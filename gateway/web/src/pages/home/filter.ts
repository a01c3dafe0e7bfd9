import type { Prompt } from '../../api/types';

export const STATES = ['all', 'PUBLIC', 'UNLISTED', 'PRIVATE', 'DRAFT', 'ARCHIVED'] as const;
export type State = (typeof STATES)[number];

/** The filter of one's own work, as it stands in the address of home; `q` is explore's. */
export interface OwnSearch {
  find?: string | undefined;
  state?: Exclude<State, 'all'> | undefined;
}

/** Reads the filter of an address; what makes no sense is left out. */
export function readOwnSearch(search: Record<string, unknown>): OwnSearch {
  // The router reads `?find=42` as a number.
  const find = typeof search['find'] === 'string' || typeof search['find'] === 'number' ? String(search['find']) : '';
  const state = STATES.find((name) => name === search['state']);
  return { find: find || undefined, state: state === 'all' ? undefined : state };
}

/** The state under which its author looks for a prompt: who sees it, unless it is no published one. */
export function stateOf(prompt: Pick<Prompt, 'status' | 'visibility'>): State {
  return prompt.status === 'PUBLISHED' ? prompt.visibility : prompt.status;
}

/** Tells whether a prompt has the state and all words, in whatever case. */
export function isFound(prompt: Prompt, state: State, text: string): boolean {
  if (state !== 'all' && stateOf(prompt) !== state) return false;
  const haystack = [prompt.title, prompt.category, ...prompt.tags, prompt.description ?? ''].join('\n').toLocaleLowerCase();
  return text
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}
