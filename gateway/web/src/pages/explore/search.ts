export const SORTS = ['trending', 'new', 'rated', 'liked', 'used', 'viewed', 'updated'] as const;
export type Sort = (typeof SORTS)[number];

/** The languages that can be asked for, as ISO 639-1 codes: those of most speakers for which the search tells it. */
export const LANGUAGES = 'ar bn cs da de el en es fa fi fr he hi hu id it ja ko nb nl pl pt ro ru sv ta th tr uk ur vi zh'.split(' ');

/** The filters of explore, as they stand in the address. */
export interface ExploreSearch {
  q?: string | undefined;
  category?: string | undefined;
  tag?: string | undefined;
  /** The name of an account. Only a search has this filter, and the next. */
  author?: string | undefined;
  /** The language of the texts, as an ISO 639-1 code. */
  language?: string | undefined;
  sort?: Sort | undefined;
}

const text = (value: unknown): string | undefined => {
  // The router reads `?q=42` as a number.
  const trimmed = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return trimmed === '' ? undefined : trimmed;
};

/** Reads the filters of an address; what makes no sense is left out. */
export function readExploreSearch(search: Record<string, unknown>): ExploreSearch {
  const q = text(search['q']);
  return {
    q,
    category: text(search['category']),
    tag: text(search['tag']),
    author: q === undefined ? undefined : text(search['author']),
    language: q === undefined ? undefined : LANGUAGES.find((language) => language === search['language']),
    sort: SORTS.find((sort) => sort === search['sort']),
  };
}
