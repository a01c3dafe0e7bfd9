/** A page that pictures are taken of, and that is looked over for accessibility. */
export interface PageToSee {
  name: string;
  path: string;
  /** What shows that it is there. */
  ready: string;
  signedIn?: boolean;
}

/** Returns every page that is finished, with a prompt of the library where one is needed. */
export function pagesToSee(promptId: string, username: string, listingId: string): PageToSee[] {
  return [
    { name: 'explore', path: '/explore', ready: '.prompt-list > li' },
    { name: 'search', path: '/explore?q=glaciers', ready: '.prompt-list mark' },
    { name: 'nothing-found', path: '/explore?q=xyzzyplugh', ready: '.empty' },
    { name: 'prompt', path: `/p/${promptId}`, ready: 'main h1' },
    { name: 'versions', path: `/p/${promptId}?tab=versions`, ready: 'main table' },
    { name: 'discussion', path: `/p/${promptId}?tab=discussion`, ready: 'main form, main .empty, main textarea' },
    { name: 'market', path: '/market', ready: '.listing-row' },
    { name: 'listing', path: `/market/${listingId}`, ready: 'main form' },
    { name: 'not-found', path: '/nowhere', ready: 'main h1' },
    { name: 'sign-in', path: '/sign-in', ready: 'main form' },
    { name: 'register', path: '/register', ready: 'main form' },
    { name: 'new', path: '/new', ready: '.cm-content', signedIn: true },
    { name: 'edit', path: `/p/${promptId}/edit`, ready: '.cm-content', signedIn: true },
    { name: 'playground', path: `/playground?prompt=${promptId}`, ready: 'main form', signedIn: true },
    { name: 'library', path: '/library', ready: 'main h1', signedIn: true },
    { name: 'profile', path: `/u/${username}`, ready: 'main h1' },
  ];
}
