import type { PromptFields } from './fields';

/** The version that a draft was begun on. */
export interface DraftBase {
  version: number;
  etag: string;
  fields: PromptFields;
}

/** What was written and is not saved yet, as this browser keeps it. */
export interface Draft {
  fields: PromptFields;
  changeLog: string;
  /** Null for a new prompt. */
  base: DraftBase | null;
  /** Milliseconds since 1970. */
  savedAt: number;
}

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & { readonly length: number; key: (index: number) => string | null };

const PREFIX = 'pf-draft:';

/** The place of a draft: one for each account and prompt, so that nobody sees another's on a shared browser. */
export function draftKey(userId: string | null, promptId: string | null): string {
  return `${PREFIX}${userId ?? 'anonymous'}:${promptId ?? 'new'}`;
}

/** Reads a draft; null where there is none, or none that this build understands. */
export function readDraft(store: Store, key: string): Draft | null {
  try {
    const draft: unknown = JSON.parse(store.getItem(key) ?? 'null');
    return isDraft(draft) ? draft : null;
  } catch {
    return null;
  }
}

/** Keeps a draft. Returns false where the browser has no room for it. */
export function writeDraft(store: Store, key: string, draft: Draft): boolean {
  try {
    store.setItem(key, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

export function removeDraft(store: Store, key: string): void {
  store.removeItem(key);
}

/** Lists the drafts of an account, newest first, each with its prompt; null for a new one. */
export function listDrafts(store: Store, userId: string): { promptId: string | null; draft: Draft }[] {
  const prefix = `${PREFIX}${userId}:`;
  const keys = Array.from({ length: store.length }, (_, index) => store.key(index) ?? '').filter((key) => key.startsWith(prefix));
  const drafts = keys.flatMap((key) => {
    const draft = readDraft(store, key);
    const promptId = key.slice(prefix.length);
    return draft ? [{ promptId: promptId === 'new' ? null : promptId, draft }] : [];
  });
  return drafts.toSorted((a, b) => b.draft.savedAt - a.draft.savedAt);
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null || !('fields' in value) || !('savedAt' in value)) return false;
  const base = 'base' in value ? value.base : null;
  return isFields(value.fields) && (base === null || (typeof base === 'object' && 'fields' in base && isFields(base.fields)));
}

function isFields(value: unknown): value is PromptFields {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Partial<Record<keyof PromptFields, unknown>> = value;
  const texts = [fields.title, fields.content, fields.description, fields.category, fields.visibility, fields.status, fields.model];
  return texts.every((text) => typeof text === 'string') && Array.isArray(fields.tags) && fields.tags.every((tag) => typeof tag === 'string');
}
