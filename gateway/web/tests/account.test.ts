import { describe, expect, it } from 'vitest';
import type { Prompt } from '../src/api/types';
import { isFound, stateOf } from '../src/pages/home/filter';
import { readMarketSearch } from '../src/pages/market/search';
import { programOf } from '../src/pages/settings/programOf';
import { readSignInSearch } from '../src/pages/sign-in/next';

describe('where a sign-in leads', () => {
  it('is an address of this client, never of another site', () => {
    expect(readSignInSearch({ next: '/p/1?tab=versions' })).toEqual({ next: '/p/1?tab=versions' });
    for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '', 7]) {
      expect(readSignInSearch({ next })).toEqual({ next: undefined });
    }
  });
});

describe('the filter of own prompts', () => {
  const prompt = (part: Partial<Prompt>) => ({ title: 'Letter to Ada', category: 'Mail', tags: ['warm'], description: null, status: 'PUBLISHED', visibility: 'PUBLIC', ...part }) as Prompt;

  it('finds all words in whatever case and field', () => {
    expect(isFound(prompt({}), 'all', 'ada WARM')).toBe(true);
    expect(isFound(prompt({}), 'all', 'ada cold')).toBe(false);
  });

  it('takes a draft for a draft, whoever would see it', () => {
    expect(stateOf(prompt({ status: 'DRAFT' }))).toBe('DRAFT');
    expect(isFound(prompt({ status: 'DRAFT' }), 'PUBLIC', '')).toBe(false);
    expect(isFound(prompt({ visibility: 'PRIVATE' }), 'PRIVATE', '')).toBe(true);
  });
});

describe('the filters of the market', () => {
  it('leave out what makes no sense', () => {
    expect(readMarketSearch({ q: 42, min: -1, max: 'ten', sort: 'random', mine: 'yes' })).toEqual({ q: '42' });
    expect(readMarketSearch({ min: 0, max: 9.5, sort: 'popular', mine: true })).toEqual({ min: 0, max: 9.5, sort: 'popular', mine: true });
  });
});

describe('a program', () => {
  it('is named as people know it', () => {
    const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
    expect(programOf(chrome)).toBe('Chrome, Linux');
    expect(programOf(`${chrome} Edg/140.0.0.0`)).toBe('Edge, Linux');
    expect(programOf('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1')).toBe('Safari, iOS');
    expect(programOf('curl/8.5.0')).toBe('curl');
    expect(programOf('')).toBe('');
  });
});
