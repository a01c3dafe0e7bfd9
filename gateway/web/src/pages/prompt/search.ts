import { readPeriod, type PeriodSearch } from '../../statistics/search';

/** The tabs after the first; the last is for the author of the prompt. */
export const TABS = ['versions', 'discussion', 'views'] as const;

/** What an address says about a prompt's page besides its id; the period is that of its views. */
export interface PromptSearch extends PeriodSearch {
  /** The first tab, the prompt itself, is not in the address. */
  tab?: (typeof TABS)[number] | undefined;
  version?: number | undefined;
  /** The versions that are compared. */
  from?: number | undefined;
  to?: number | undefined;
  /** The values filled in, so that a copied link opens with them. */
  vars?: Record<string, string> | undefined;
}

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;

function texts(value: unknown): Record<string, string> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).filter(([, item]) => ['string', 'number', 'boolean'].includes(typeof item));
  return entries.length === 0 ? undefined : Object.fromEntries(entries.map(([name, item]) => [name, String(item)]));
}

/** Reads the search of an address; what makes no sense is left out. */
export function readPromptSearch(search: Record<string, unknown>): PromptSearch {
  return {
    ...readPeriod(search),
    tab: TABS.find((tab) => tab === search['tab']),
    version: count(search['version']),
    from: count(search['from']),
    to: count(search['to']),
    vars: texts(search['vars']),
  };
}
