/** The links of the header, each with its name in the words of the navigation. A page that is not finished is not here. */
export const NAVIGATION = [
  { to: '/explore', name: 'explore' },
  { to: '/market', name: 'market' },
  { to: '/playground', name: 'playground' },
] as const;
