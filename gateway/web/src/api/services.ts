export type ServiceName = 'user' | 'prompt' | 'test' | 'marketplace' | 'analytics';

/** The service behind each prefix, as the gateway routes it. */
const PREFIXES: [string, ServiceName][] = [
  ['/auth', 'user'],
  ['/users', 'user'],
  ['/prompts', 'prompt'],
  ['/api/social', 'prompt'],
  ['/api/tests', 'test'],
  ['/api/marketplace', 'marketplace'],
  ['/analytics', 'analytics'],
];

/** Names the service that answers a path. */
export function serviceOf(path: string): ServiceName {
  const row = PREFIXES.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
  return row?.[1] ?? 'prompt';
}
