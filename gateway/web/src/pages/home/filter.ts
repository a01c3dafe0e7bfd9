import type { Prompt } from '../../api/types';

export const STATES = ['all', 'PUBLIC', 'UNLISTED', 'PRIVATE', 'DRAFT', 'ARCHIVED'] as const;
export type State = (typeof STATES)[number];

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
