export const STATUSES = ['ACTIVE', 'SUSPENDED'] as const;
export const TOPICS = ['user.registered', 'prompt.created', 'prompt.viewed'] as const;

/** The filters of the list of accounts, as they stand in the address. */
export interface PeopleSearch {
  q?: string | undefined;
  /** Administrators alone: everyone has the other role. */
  role?: 'ADMIN' | undefined;
  status?: (typeof STATUSES)[number] | undefined;
}

/** The filters of dead letters, as they stand in the address. */
export interface LettersSearch {
  topic?: string | undefined;
  /** Other letters than those that wait: replayed ones, or all. */
  show?: 'replayed' | 'all' | undefined;
}

// A number in an address is read as one.
const text = (value: unknown): string | undefined => (['string', 'number'].includes(typeof value) ? String(value).trim() || undefined : undefined);

/** Reads the filters of an address; what makes no sense is left out. */
export function readPeopleSearch(search: Record<string, unknown>): PeopleSearch {
  return {
    q: text(search['q'])?.slice(0, 100),
    role: search['role'] === 'ADMIN' ? 'ADMIN' : undefined,
    status: STATUSES.find((status) => status === search['status']),
  };
}

/** The same for dead letters. */
export function readLettersSearch(search: Record<string, unknown>): LettersSearch {
  const { show } = search;
  return { topic: text(search['topic'])?.slice(0, 249), show: show === 'replayed' || show === 'all' ? show : undefined };
}
