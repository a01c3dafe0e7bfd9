import { call, testApi } from '../../api/client';
import { followEvents } from '../../api/eventStream';
import type { WriteKeys } from '../../api/idempotency';
import type { PromptTest } from '../../api/types';
import { isProblem, type ApiProblem } from '../../api/problem';
import { playgroundWords as words } from '../../words/playground';
import { applyEvent, readAnswerEvent, type Answer, type Target } from './answers';

/** What is asked, of every target alike. */
export interface RunRequest {
  promptId: string | undefined;
  promptContent: string | undefined;
  variables: Record<string, string>;
  systemPrompt: string | undefined;
  temperature: number | undefined;
  maxTokens: number | undefined;
  targets: Target[];
}

/** A run that is under way, or over. */
export interface Run {
  /** Where its events come from. */
  stream: string;
  comparisonId: string | null;
  answers: Answer[];
}

/** Asks one model, or compares several. */
export async function startRun(request: RunRequest, keys: WriteKeys, signal: AbortSignal): Promise<Run> {
  const { promptId, promptContent, variables, systemPrompt, temperature, maxTokens, targets } = request;
  const [only] = targets;
  const asked = { variables, ...(systemPrompt && { systemPrompt }) };
  const settings = { ...(temperature !== undefined && { temperature }), ...(maxTokens !== undefined && { maxTokens }) };
  if (targets.length === 1 && only) {
    const body = { ...(promptId && { promptId }), ...(promptContent !== undefined && { promptContent }), ...asked, ...only, ...settings };
    const params = { header: { 'Idempotency-Key': keys.keyOf(body) } };
    const test = await call(testApi.POST('/api/tests', { params, body: body as never, signal }));
    keys.finish();
    return { stream: `/api/tests/${test.id}/stream`, comparisonId: null, answers: [newAnswer(only, test.id)] };
  }
  // A comparison takes one of the two.
  const source = promptContent === undefined ? { promptId } : { promptContent };
  const body = { name: words.comparisonName, ...source, ...asked, targets: targets.map((target) => ({ ...target, ...settings })) };
  const params = { header: { 'Idempotency-Key': keys.keyOf(body) } };
  const comparison = await call(testApi.POST('/api/tests/comparisons', { params, body: body as never, signal }));
  keys.finish();
  const answers = targets.map((target, index) => newAnswer(target, comparison.targets[index]?.testId ?? ''));
  return { stream: `/api/tests/comparisons/${comparison.id}/stream`, comparisonId: comparison.id, answers };
}

function newAnswer(target: Target, testId: string): Answer {
  return { target, testId, attempt: 0, text: '', test: null };
}

interface Watch {
  signal: AbortSignal;
  /** Has the answers with each event. */
  onAnswers: (answers: Answer[]) => void;
  onInterruption: (problem: ApiProblem | null) => void;
  onQueued: () => void;
}

/** Follows a run to its end. */
export async function followRun(run: Run, { onAnswers, ...watch }: Watch): Promise<void> {
  let answers = run.answers;
  await followEvents(run.stream, {
    ...watch,
    onEvent: ({ event, data }) => {
      if (event === 'end') return true;
      const read = readAnswerEvent(event, data);
      if (read === null) return false;
      answers = answers.map((answer, index) => (index === read.index ? applyEvent(answer, read.event) : answer));
      onAnswers(answers);
      return event === 'done' && run.comparisonId === null;
    },
  });
}

/** Stops every test that is not over: the request to the model's provider is dropped. Returns how they ended. */
export async function stopRun(answers: readonly Answer[]): Promise<Answer[]> {
  return Promise.all(answers.map(async (answer) => (answer.test === null ? applyEvent(answer, { kind: 'done', test: await stopTest(answer.testId) }) : answer)));
}

async function stopTest(id: string): Promise<PromptTest> {
  const params = { path: { id } };
  try {
    return await call(testApi.POST('/api/tests/{id}/cancel', { params }));
  } catch (error) {
    // It ended before it could be stopped.
    if (!isProblem(error, 'TEST_OVER')) throw error;
    return call(testApi.GET('/api/tests/{id}', { params }));
  }
}
