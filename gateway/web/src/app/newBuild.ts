const RELOADED = 'pf-reloaded';

/**
 * Loads the page again when a chunk of it is gone because a new build was put up under the open tab.
 * At most once a minute: a chunk that is missing for good would reload without end.
 */
export function watchForNewBuild(): void {
  globalThis.addEventListener('vite:preloadError', (event) => {
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (Date.now() - last < 60_000) return;
    event.preventDefault();
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  });
}
