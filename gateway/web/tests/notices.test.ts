import { expect, test } from 'vitest';
import type { EvaluationRunSummary, Profile, ReceivedComment, Transaction } from '../src/api/types';
import { addSeen, allNew, allSeen, readSeen } from '../src/notices/seen';
import { beginningOf, noticesOf } from '../src/pages/notices/order';
import { german } from '../src/words/de';
import { noticeWords } from '../src/words/notices';

const sale = (id: string, completedAt: string | null) => ({ id, completedAt }) as Transaction;
const comment = (id: string, createdAt: string) => ({ id, createdAt }) as ReceivedComment;
const run = (id: string, done: number, createdAt = monday) => ({ id, progress: { done, total: 4 }, createdAt }) as EvaluationRunSummary;
const followers = (...ids: string[]) => ids.map((id) => ({ id }) as Profile);

const monday = '2026-11-23T08:00:00.000Z';
const tuesday = '2026-11-24T08:00:00.000Z';

test('sales are new by the time they were paid, not by their place in the list', () => {
  // A purchase that was settled late stands behind one that began later.
  const sales = [sale('pending', null), sale('seen', monday), sale('late', tuesday)];
  expect(allNew({ sales }, { lastSale: monday })).toEqual(new Set(['late']));
  expect(allSeen({ sales })).toEqual({ lastSale: tuesday });
});

test('comments are new that were written after the last look', () => {
  const comments = [comment('late', tuesday), comment('seen', monday)];
  expect(allNew({ comments }, { lastComment: monday })).toEqual(new Set(['late']));
  expect(allSeen({ comments })).toEqual({ lastComment: tuesday });
});

test('the first of anything is new, and what was before the first look is not', () => {
  const news = { sales: [sale('sale', monday)], comments: [comment('comment', monday)], runs: [run('run', 4)], followers: followers('ada') };
  expect(allNew(news, {})).toEqual(new Set());
  expect(allNew(news, allSeen({ sales: [], comments: [], runs: [], followers: [] }))).toEqual(new Set(['sale', 'comment', 'run', 'ada']));
  // What has not come says nothing of what was seen.
  expect(allSeen({})).toEqual({});
});

test('runs are new that have ended since, also one that began before others that had ended', () => {
  const seen = allSeen({ runs: [run('short', 4, tuesday), run('long', 3), run('old', 4)] });
  expect(seen).toEqual({ endedRuns: ['short', 'old'] });
  const runs = [run('going', 0, tuesday), run('short', 4, tuesday), run('long', 4), run('old', 4)];
  expect(allNew({ runs }, seen)).toEqual(new Set(['long']));
});

test('a run that was looked at when it ended stays no news where an older answer says that it goes on', () => {
  const looked = addSeen({ lastSale: monday, endedRuns: ['old'] }, { endedRuns: ['watched'] });
  expect(looked).toEqual({ lastSale: monday, endedRuns: ['watched', 'old'] });
  const after = addSeen(looked, allSeen({ runs: [run('watched', 3), run('old', 4)] }));
  expect(allNew({ runs: [run('watched', 4), run('old', 4)] }, after)).toEqual(new Set());
  // The latest are remembered, and not without end.
  const many = Array.from({ length: 150 }, (_, index) => `run ${index}`);
  expect(addSeen(after, { endedRuns: many }).endedRuns).toEqual(many.slice(0, 100));
});

test('followers are new who stand before all that were known', () => {
  const seen = allSeen({ followers: followers('bob', 'cy') });
  expect(allNew({ followers: followers('ada', 'bob', 'cy') }, seen)).toEqual(new Set(['ada']));
  expect(allNew({ followers: followers('bob', 'cy') }, seen)).toEqual(new Set());
  // Who left is no news; nor is who stood further down and comes into sight then.
  expect(allNew({ followers: followers('cy', 'old') }, seen)).toEqual(new Set());
  expect(allNew({ followers: followers('ada') }, allSeen({ followers: [] }))).toEqual(new Set(['ada']));
});

test('what is kept and makes no sense counts as not looked at', () => {
  for (const kept of ['', 'null', '{', '[1]', '{"lastSale":5,"lastComment":null,"endedRuns":{},"followers":"ada"}']) expect(readSeen(kept)).toEqual({});
  const kept = '{"lastSale":"","lastComment":"","endedRuns":["run",1],"followers":["ada",7]}';
  expect(readSeen(kept)).toEqual({ lastSale: '', lastComment: '', endedRuns: ['run'], followers: ['ada'] });
});

test('notices of all kinds stand in the order of time, and followers after them in their own', () => {
  const news = {
    sales: [sale('pending', null), sale('sale', monday)],
    comments: [comment('comment', tuesday)],
    runs: [run('going', 1, tuesday), run('run', 4, '2026-11-23T20:00:00.000Z')],
    followers: followers('bob', 'ada'),
  };
  expect(noticesOf(news).map(({ id }) => id)).toEqual(['comment', 'run', 'sale', 'bob', 'ada']);
  expect(noticesOf({})).toEqual([]);
});

test('of a long comment the beginning is shown, and no character is cut in two', () => {
  expect(beginningOf('short')).toBe('short');
  expect(beginningOf('🌊'.repeat(300))).toBe(`${'🌊'.repeat(200)}…`);
});

test('sentences have the same parts in each language', () => {
  const sentences = ({ commented, answered, sold, ended, follows }: Pick<typeof noticeWords, 'commented' | 'answered' | 'sold' | 'ended' | 'follows'>) =>
    [commented, answered, sold('1'), ended('1', '2'), follows].map((sentence) => (sentence.match(/\{\w+\}/g) ?? []).toSorted());
  expect(sentences(german.notices)).toEqual(sentences(noticeWords));
});
