import type { PromptTest } from '../../api/types';

/** A model to ask. */
export interface Target {
  modelProvider: PromptTest['modelProvider'];
  modelName: string;
}

/** One model's answer, as far as it has come. */
export interface Answer {
  target: Target;
  testId: string;
  /** Number of the attempt that the text is of; 0 before the first. */
  attempt: number;
  text: string;
  /** The finished test. */
  test: PromptTest | null;
}

/** What an event says about the answer of one test. */
export type AnswerEvent =
  | { kind: 'text'; attempt: number; offset: number; text: string }
  | { kind: 'restart'; attempt: number }
  | { kind: 'done'; test: PromptTest };

interface EventData {
  index?: number;
  attempt: number;
  offset: number;
  text: string;
}

/** Reads an event of the stream of a test, or of a comparison, whose events name the index of their target. */
export function readAnswerEvent(name: string, data: string): { index: number; event: AnswerEvent } | null {
  const body = JSON.parse(data) as EventData & PromptTest;
  const index = body.index ?? 0;
  if (name === 'text') return { index, event: { kind: 'text', attempt: body.attempt, offset: body.offset, text: body.text } };
  if (name === 'restart') return { index, event: { kind: 'restart', attempt: body.attempt } };
  if (name === 'done') return { index, event: { kind: 'done', test: body } };
  return null;
}

/** Returns the answer after an event. */
export function applyEvent(answer: Answer, event: AnswerEvent): Answer {
  if (event.kind === 'done') return { ...answer, text: event.test.response ?? answer.text, test: event.test };
  if (event.kind === 'restart') return { ...answer, attempt: event.attempt, text: '' };
  if (event.attempt !== answer.attempt) return { ...answer, attempt: event.attempt, text: event.text };
  if (event.offset === 0) return { ...answer, text: event.text };
  return { ...answer, text: cut(answer.text, event.offset) + event.text };
}

/** Cuts a text after a number of code points. What is not longer, as when nothing came twice, is not gone through. */
function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const points = Array.from(text);
  return points.length <= characters ? text : points.slice(0, characters).join('');
}
