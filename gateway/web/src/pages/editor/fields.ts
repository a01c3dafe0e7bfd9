import type { Prompt } from '../../api/types';
import { fullCount } from '../../format';
import { editorWords as words } from '../../words/editor';

/** What the author of a prompt writes. */
export interface PromptFields {
  title: string;
  content: string;
  /** Empty for none, as `model`. */
  description: string;
  category: string;
  tags: string[];
  visibility: Prompt['visibility'];
  status: Prompt['status'];
  model: string;
}

export const FIELD_NAMES = ['title', 'content', 'description', 'category', 'tags', 'visibility', 'status', 'model'] as const;
export type FieldName = (typeof FIELD_NAMES)[number];

export const VISIBILITIES = ['PUBLIC', 'UNLISTED', 'PRIVATE'] as const;
export const STATUSES = ['PUBLISHED', 'DRAFT', 'ARCHIVED'] as const;

export const EMPTY: PromptFields = {
  title: '',
  content: '',
  description: '',
  category: '',
  tags: [],
  visibility: 'PUBLIC',
  status: 'PUBLISHED',
  model: '',
};

/** Reads the fields of a prompt whose content the reader has. */
export function fieldsOf(prompt: Prompt): PromptFields {
  return {
    title: prompt.title,
    content: prompt.content ?? '',
    description: prompt.description ?? '',
    category: prompt.category,
    tags: prompt.tags,
    visibility: prompt.visibility,
    status: prompt.status,
    model: prompt.model ?? '',
  };
}

/** Tells whether a field has the same value in both. */
export function isSameField(name: FieldName, a: PromptFields, b: PromptFields): boolean {
  return name === 'tags' ? a.tags.join('\n') === b.tags.join('\n') : a[name] === b[name];
}

/** Names the fields that differ. */
export function changedFields(from: PromptFields, to: PromptFields): FieldName[] {
  return FIELD_NAMES.filter((name) => !isSameField(name, from, to));
}

/** The body of a creation. */
export function creationBody(fields: PromptFields, changeLog: string) {
  return {
    ...fields,
    description: fields.description.trim() || null,
    model: fields.model.trim() || null,
    changeLog: changeLog.trim() || null,
  };
}

/** The body of an update: only what was changed, so that nothing else is written back. */
export function updateBody(base: PromptFields, fields: PromptFields, changeLog: string) {
  const whole = creationBody(fields, changeLog);
  const changed = changedFields(base, fields).map((name) => [name, whole[name]] as const);
  return { ...Object.fromEntries(changed), changeLog: whole.changeLog } as Partial<typeof whole>;
}

/** Copies one field from one set to another. */
export function withField(fields: PromptFields, name: FieldName, from: PromptFields): PromptFields {
  return { ...fields, [name]: from[name] };
}

/** Merges fields that are taken as a whole; names those that both changed differently, which stay yours. */
export function mergeFields(base: PromptFields, theirs: PromptFields, yours: PromptFields): { merged: PromptFields; conflicts: FieldName[] } {
  let merged = yours;
  const conflicts: FieldName[] = [];
  for (const name of FIELD_NAMES) {
    if (name === 'content' || isSameField(name, theirs, yours)) continue;
    if (isSameField(name, base, yours)) merged = withField(merged, name, theirs);
    else if (!isSameField(name, base, theirs)) conflicts.push(name);
  }
  return { merged, conflicts };
}

const LIMITS = { title: [3, 200], content: [10, 100_000], description: [0, 1_000] } as const;

/** Counts characters as the server does: code points. */
export function lengthOf(text: string): number {
  const pairs = text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g);
  return text.length - (pairs?.length ?? 0);
}

/** Says what is wrong with the fields, as far as can be said without the server. */
export function checkFields(fields: PromptFields): Partial<Record<FieldName, string[]>> {
  const errors: Partial<Record<FieldName, string[]>> = {};
  for (const name of ['title', 'content', 'description'] as const) {
    const [least, most] = LIMITS[name];
    const length = lengthOf(fields[name]);
    if (length < least || length > most) errors[name] = [words.rules.length(fullCount(least), fullCount(most))];
  }
  if (fields.category.trim() === '') errors.category = [words.rules.category];
  if (fields.tags.length > 10) errors.tags = [words.rules.tags];
  return errors;
}
