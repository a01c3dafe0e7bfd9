import { words } from '../words/en';

/** The links of the header. A page that is not finished is not here. */
export const NAVIGATION = [
  { to: '/explore', label: words.navigation.explore },
  { to: '/market', label: words.navigation.market },
  { to: '/playground', label: words.navigation.playground },
] as const;
