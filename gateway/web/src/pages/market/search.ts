export const MARKET_SORTS = ['newest', 'popular', 'price-low', 'price-high', 'top-rated'] as const;

/** The filters of the market, as they stand in the address. */
export interface MarketSearch {
  q?: string | undefined;
  category?: string | undefined;
  min?: number | undefined;
  max?: number | undefined;
  sort?: (typeof MARKET_SORTS)[number] | undefined;
  /** One's own listings instead of all. */
  mine?: true | undefined;
  /** The prompt that is put up for sale; `new` before one is chosen. */
  sell?: string | undefined;
}

const text = (value: unknown): string | undefined => {
  const trimmed = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return trimmed === '' ? undefined : trimmed;
};
const amount = (value: unknown): number | undefined => (typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : undefined);

/** Reads the filters of an address; what makes no sense is left out. */
export function readMarketSearch(search: Record<string, unknown>): MarketSearch {
  return {
    q: text(search['q']),
    category: text(search['category']),
    min: amount(search['min']),
    max: amount(search['max']),
    sort: MARKET_SORTS.find((sort) => sort === search['sort']),
    mine: search['mine'] === true ? true : undefined,
    sell: text(search['sell']),
  };
}
