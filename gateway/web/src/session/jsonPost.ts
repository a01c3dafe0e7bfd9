/** Returns a request of the session's own, which the browser adds its cookie to. */
export function jsonPost(path: string): Request {
  const base = globalThis.location?.origin ?? 'http://localhost';
  return new Request(new URL(path, base), {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
    credentials: 'same-origin',
  });
}
