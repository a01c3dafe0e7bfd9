import { beforeEach, describe, expect, it } from 'vitest';
import { outages } from '../src/api/outages';
import { noAnswer, problemOf } from '../src/api/problem';
import { servicesThatAreUp } from '../src/api/watchOutages';

const refused = (path: string) => {
  const response = new Response(null, { status: 503 });
  Object.defineProperty(response, 'url', { value: `http://localhost${path}` });
  return problemOf(response, null);
};
const up = (...names: string[]) => servicesThatAreUp({ status: 'UP', checks: names.map((name) => ({ name, status: 'UP' })) });

describe('what is away', () => {
  beforeEach(() => outages.reachable(['user', 'prompt', 'test', 'marketplace', 'analytics'], Number.POSITIVE_INFINITY));

  it('is named by service, and gone when the gateway reaches it again', () => {
    outages.report(refused('/api/tests'), 0);
    outages.report(refused('/users/me'), 0);
    expect(outages.current).toEqual(['test', 'user']);
    outages.reachable(up('user', 'prompt'), 60_000);
    expect(outages.current).toEqual(['test']);
    outages.reachable(up('test'), 60_000);
    expect(outages.current).toEqual([]);
  });

  it('stays where a service is reached but has just refused', () => {
    outages.report(refused('/api/marketplace/listings'), 10_000);
    outages.reachable(up('marketplace'), 12_000);
    expect(outages.current).toEqual(['marketplace']);
    outages.reachable(up('marketplace'), 17_000);
    expect(outages.current).toEqual([]);
  });

  it('is everything while nothing answers, and any answer ends that', () => {
    outages.report(noAnswer('/prompts'), 0);
    expect(outages.current).toEqual(['offline']);
    outages.reachable([], 100);
    expect(outages.current).toEqual([]);
  });

  it('is read from a report that may be anything', () => {
    for (const report of [null, 'UP', {}, { checks: 'none' }]) expect(servicesThatAreUp(report)).toEqual([]);
    expect(servicesThatAreUp({ checks: [{ name: 'user', status: 'DOWN' }, { name: 'test', status: 'UP' }] })).toEqual(['test']);
  });
});
