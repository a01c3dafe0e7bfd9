import type { Page, Route } from 'playwright-core';

/** A run of 1,000 rows on ten models, which no fleet answers in the time of a journey. */
export const [ROWS, MODELS] = [1_000, 10];

const RUN = '0192f0c0-0000-7000-8000-000000000001';
const DATASET = '0192f0c0-0000-7000-8000-000000000002';
const AT = '2026-11-27T09:00:00.000Z';

/** An answer of 4 KB. */
const ANSWER = 'The tide rises and falls twice a day, and nobody on the shore has ever asked it why. '.repeat(48);

const models = Array.from({ length: MODELS }, (_, index) => `model-${index + 1}`);

const page = (content: object[], total: number) => ({ content, page: 0, size: 100, totalElements: total, first: true, last: true, nextCursor: null });

function cell(index: number, isWhole: boolean): object {
  const [row, target] = [Math.floor(index / MODELS) + 1, index % MODELS];
  return {
    testId: `0192f0c0-0000-7000-8000-${String(index + 100).padStart(12, '0')}`,
    rowNumber: row,
    targetIndex: target,
    modelProvider: 'MOCK',
    modelName: models[target],
    status: 'COMPLETED',
    passed: index % 7 !== 0,
    responseIncomplete: false,
    response: isWhole ? `${row}/${target + 1} ${ANSWER}` : null,
    responsePreview: `${row}/${target + 1} ${ANSWER}`.slice(0, 200),
    variables: { topic: `topic ${row}`, audience: 'a curious child' },
    expected: null,
  };
}

function run(): object {
  const report = { done: ROWS, total: ROWS, passed: 900, failed: 100, errored: 0, cancelled: 0, inputTokens: 1, outputTokens: 1, tokenCount: 2, passRate: 0.9, cost: 0.5 };
  const targets = models.map((modelName, index) => ({ ...report, index, target: { modelProvider: 'MOCK', modelName } }));
  return { id: RUN, datasetId: DATASET, promptContent: 'Explain {{topic}} to {{audience}}.', progress: { done: ROWS * MODELS, total: ROWS * MODELS, cancelled: 0 }, targets, createdAt: AT };
}

function results(query: URLSearchParams): object {
  const target = query.get('target');
  if (target !== null) return page([cell(Number(query.get('page')) * MODELS + Number(target), false)], ROWS);
  const [number, size] = [Number(query.get('cursor') ?? query.get('page') ?? 0), Number(query.get('size') ?? 20)];
  const count = Math.max(0, Math.min(size, ROWS * MODELS - number * size));
  const content = Array.from({ length: count }, (_, index) => cell(number * size + index, query.get('include') === 'content'));
  const isLast = (number + 1) * size >= ROWS * MODELS;
  return { ...page(content, ROWS * MODELS), page: number, size, last: isLast, nextCursor: isLast ? null : String(number + 1) };
}

function answer(url: URL): object {
  const path = url.pathname.replace('/api/tests/', '');
  if (path === `runs/${RUN}/results`) return results(url.searchParams);
  if (path === `runs/${RUN}`) return run();
  if (/(^|\/)runs$/.test(path)) return page([], 0);
  if (path.startsWith('datasets/')) return { id: DATASET, name: 'A thousand rows', rowCount: ROWS, variables: ['audience', 'topic'], createdAt: AT, rows: page([], 0) };
  const id = path.replace(/^.*-0*/, '');
  const [row, target] = [Math.floor((Number(id) - 100) / MODELS) + 1, (Number(id) - 100) % MODELS];
  return { id: path, userId: DATASET, promptContentPreview: '', modelProvider: 'MOCK', modelName: models[target], status: 'COMPLETED', response: `${row}/${target + 1} ${ANSWER}`, responseIncomplete: false, attempts: 1, createdAt: AT };
}

/** Answers for the test service with that run; returns its address. */
export async function serveBigRun(at: Page): Promise<string> {
  await at.route('**/api/tests/**', (route: Route) => route.fulfill({ json: answer(new URL(route.request().url())) }));
  return `/tests/runs/${RUN}`;
}
