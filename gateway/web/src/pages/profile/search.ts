export const PROFILE_TABS = ['followers', 'following'] as const;
export const PROFILE_SORTS = ['createdAt', 'likesCount', 'viewsCount', 'updatedAt'] as const;

/** What an address says about a profile besides its name. */
export interface ProfileSearch {
  /** The first tab, the prompts, is not in the address. */
  tab?: (typeof PROFILE_TABS)[number] | undefined;
  sort?: (typeof PROFILE_SORTS)[number] | undefined;
}

/** Reads the search of an address; what makes no sense is left out. */
export function readProfileSearch(search: Record<string, unknown>): ProfileSearch {
  return {
    tab: PROFILE_TABS.find((tab) => tab === search['tab']),
    sort: PROFILE_SORTS.find((sort) => sort === search['sort']),
  };
}
