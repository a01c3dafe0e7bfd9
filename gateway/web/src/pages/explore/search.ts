export const SORTS = ['trending', 'new', 'rated', 'liked', 'used', 'viewed', 'updated'] as const;
export type Sort = (typeof SORTS)[number];

/** The filters of explore, as they stand in the address. */
export interface ExploreSearch {
  q?: string | undefined;
  category?: string | undefined;
  tag?: string | undefined;
  sort?: Sort | undefined;
}

const text = (value: unknown): string | undefined => {
  // The router reads `?q=42` as a number.
  const trimmed = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return trimmed === '' ? undefined : trimmed;
};

/** Reads the filters of an address; what makes no sense is left out. */
export function readExploreSearch(search: Record<string, unknown>): ExploreSearch {
  return {
    q: text(search['q']),
    category: text(search['category']),
    tag: text(search['tag']),
    sort: SORTS.find((sort) => sort === search['sort']),
  };
}
