import type { Assertion } from '../api/types';
import { variablesOf } from '../text/placeholders';
import { testWords } from '../words/tests';

const words = testWords.assertions;

export type AssertionKind = keyof typeof words.names;

interface KindFields {
  value?: 'text' | 'texts' | 'pattern' | 'schema';
  /** Whether it has a least and a most number of words. */
  isRange?: true;
  threshold?: 'edits' | 'milliseconds' | 'dollars';
}

/** What each type of assertion takes, in the order in which they are offered. */
export const KINDS: Record<AssertionKind, KindFields> = {
  icontains: { value: 'text' },
  contains: { value: 'text' },
  equals: { value: 'text' },
  'starts-with': { value: 'text' },
  'contains-any': { value: 'texts' },
  'contains-all': { value: 'texts' },
  regex: { value: 'pattern' },
  'is-json': {},
  'json-schema': { value: 'schema' },
  'word-count': { isRange: true },
  levenshtein: { value: 'text', threshold: 'edits' },
  latency: { threshold: 'milliseconds' },
  cost: { threshold: 'dollars' },
};

export function isKind(text: string): text is AssertionKind {
  return Object.hasOwn(KINDS, text);
}

/** An assertion as it is written: every field is a text until it is sent. */
export interface AssertionDraft {
  /** Tells it from the others while they come and go. */
  id: number;
  kind: AssertionKind;
  isNegated: boolean;
  value: string;
  /** Whether the value of `equals` is JSON, as an earlier run may have it. */
  isJson: boolean;
  min: string;
  max: string;
  threshold: string;
  weight: string;
  isTrimmed: boolean;
}

export type DraftField = 'value' | 'min' | 'max' | 'threshold' | 'weight';

export function newDraft(id: number): AssertionDraft {
  return { id, kind: 'icontains', isNegated: false, value: '', isJson: false, min: '', max: '', threshold: '', weight: '', isTrimmed: true };
}

/** Makes a draft of an assertion of an earlier run. */
export function draftOf(assertion: Assertion, id: number): AssertionDraft {
  const plain = assertion.type.replace(/^not-/, '');
  const { value, threshold, weight, trim } = assertion;
  // `is-json` with a schema is the same as `json-schema`.
  const kind = plain === 'is-json' && isGiven(value) ? 'json-schema' : isKind(plain) ? plain : 'icontains';
  const [min, max] = kind === 'word-count' ? rangeOf(value) : ['', ''];
  const isText = typeof value === 'string';
  return {
    id,
    kind,
    isNegated: plain !== assertion.type,
    value: isText ? value : isGiven(value) && kind !== 'word-count' ? textOf(kind, value) : '',
    isJson: kind === 'equals' && isGiven(value) && !isText,
    min,
    max,
    threshold: String(threshold ?? ''),
    weight: (weight ?? 1) === 1 ? '' : String(weight),
    isTrimmed: trim === true,
  };
}

function isGiven(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function textOf(kind: AssertionKind, value: unknown): string {
  return KINDS[kind].value === 'texts' && Array.isArray(value) ? value.join('\n') : JSON.stringify(value, null, 2);
}

function rangeOf(value: unknown): [string, string] {
  if (typeof value === 'number') return [String(value), String(value)];
  const { min, max } = (value ?? {}) as { min?: number; max?: number };
  return [String(min ?? ''), String(max ?? '')];
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && Number(text) >= 0 && Number.isFinite(Number(text));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Returns what is wrong with a draft, by field; the rest is for the server to say. */
export function problemsOf(draft: AssertionDraft, names: readonly string[]): Partial<Record<DraftField, string>> {
  const { value, isRange, threshold } = KINDS[draft.kind];
  const problems: Partial<Record<DraftField, string>> = {};
  if (value !== undefined) {
    const unknown = unknownNames(draft, names);
    if (draft.value.trim() === '') problems.value = words.valueNeeded;
    else if ((value === 'schema' || isJsonValue(draft)) && !isJson(draft.value)) problems.value = words.badJson;
    else if (unknown.length > 0) problems.value = words.unknownName(unknown.join(', '));
  }
  if (isRange && draft.min.trim() === '' && draft.max.trim() === '') problems.min = words.valueNeeded;
  for (const field of ['min', 'max'] as const) {
    if (isRange && draft[field].trim() !== '' && !isNumber(draft[field])) problems[field] = words.badNumber;
  }
  // Edits are 5 without a number; the others need theirs.
  const isNeeded = threshold !== undefined && threshold !== 'edits';
  if (threshold !== undefined && (isNeeded || draft.threshold.trim() !== '') && !isNumber(draft.threshold)) problems.threshold = words.badNumber;
  if (draft.weight.trim() !== '' && !(isNumber(draft.weight) && Number(draft.weight) > 0)) problems.weight = words.badNumber;
  return problems;
}

function isJsonValue(draft: AssertionDraft): boolean {
  return draft.kind === 'equals' && draft.isJson;
}

/** Returns the placeholders that a draft uses; those of a schema are none. */
export function namesUsed(draft: AssertionDraft): string[] {
  const { value } = KINDS[draft.kind];
  if (value === undefined || value === 'schema') return [];
  return variablesOf(draft.value).map((variable) => variable.name);
}

function unknownNames(draft: AssertionDraft, names: readonly string[]): string[] {
  return namesUsed(draft).filter((name) => name !== 'expected' && !names.includes(name));
}

function valueOf(draft: AssertionDraft): unknown {
  const { value, isRange } = KINDS[draft.kind];
  if (isRange) return { ...(draft.min.trim() !== '' && { min: Number(draft.min) }), ...(draft.max.trim() !== '' && { max: Number(draft.max) }) };
  if (value === 'texts') return linesOf(draft.value);
  if (value === 'schema' || isJsonValue(draft)) return JSON.parse(draft.value);
  return value === undefined ? undefined : draft.value;
}

/** Makes the assertion that is sent of a draft without problems. */
export function assertionOf(draft: AssertionDraft): Assertion {
  const value = valueOf(draft);
  const hasThreshold = KINDS[draft.kind].threshold !== undefined && draft.threshold.trim() !== '';
  return {
    type: draft.isNegated ? `not-${draft.kind}` : draft.kind,
    ...(value !== undefined && { value }),
    ...(hasThreshold && { threshold: Number(draft.threshold) }),
    ...(draft.weight.trim() !== '' && { weight: Number(draft.weight) }),
    ...(draft.kind === 'equals' && !draft.isJson && draft.isTrimmed && { trim: true }),
  };
}

/** Says an assertion's type in words; one of a newer server stays as it is. */
export function nameOfType(type: string): string {
  const plain = type.replace(/^not-/, '');
  const name = isKind(plain) ? words.names[plain] : plain;
  return plain === type ? name : testWords.cell.not(name);
}
