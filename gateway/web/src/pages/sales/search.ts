/** The currency that the figures are in, as it stands in the address; without one it is that of the newest sale. */
export interface SalesSearch {
  currency?: string | undefined;
}

/** Reads the search of an address; what makes no sense is left out. */
export function readSalesSearch(search: Record<string, unknown>): SalesSearch {
  const currency = search['currency'];
  return { currency: typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) ? currency : undefined };
}
