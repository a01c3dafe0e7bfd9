/** What the address of the sign-in says: where to go afterwards. */
export interface SignInSearch {
  next?: string | undefined;
}

/** Reads where to go after a sign-in: an address of this client, never another site's. */
export function readSignInSearch(search: Record<string, unknown>): SignInSearch {
  const next = search['next'];
  // Browsers take `//host` and `/\host` for other hosts.
  return { next: typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : undefined };
}
