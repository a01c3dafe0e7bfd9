import { useState } from 'react';
import { call, callWithResponse, promptApi } from '../../api/client';
import { WriteKeys } from '../../api/idempotency';
import { isProblem } from '../../api/problem';
import type { Prompt } from '../../api/types';
import type { DraftBase } from './draft';
import { changedFields, creationBody, fieldsOf, updateBody, type PromptFields } from './fields';

export type SaveOutcome =
  | { kind: 'saved'; prompt: Prompt }
  | { kind: 'unchanged' }
  /** Somebody else has saved another version meanwhile. */
  | { kind: 'conflict'; theirs: Prompt; base: DraftBase };

/** Reads a prompt as an editor needs it: with the ETag that its update is guarded by. */
export async function readForEditing(id: string, signal?: AbortSignal): Promise<{ prompt: Prompt; base: DraftBase }> {
  const init = { params: { path: { id } }, ...(signal && { signal }) };
  const { data, response } = await callWithResponse(promptApi.GET('/prompts/{id}', init));
  return { prompt: data, base: { version: data.version, etag: response.headers.get('etag') ?? '', fields: fieldsOf(data) } };
}

/** Returns a function that saves: it creates where there is no base, and updates that version where there is one. */
export function useSave(promptId: string | null): (fields: PromptFields, changeLog: string, base: DraftBase | null) => Promise<SaveOutcome> {
  const [keys] = useState(() => new WriteKeys());
  const create = async (fields: PromptFields): Promise<SaveOutcome> => {
    const body = creationBody(fields, '');
    const init = { params: { header: { 'Idempotency-Key': keys.keyOf(body) } }, body };
    return { kind: 'saved', prompt: await call(promptApi.POST('/prompts', init)) };
  };
  const update = async (id: string, fields: PromptFields, changeLog: string, base: DraftBase): Promise<SaveOutcome> => {
    if (changedFields(base.fields, fields).length === 0) return { kind: 'unchanged' };
    const params = { path: { id }, header: { 'If-Match': base.etag } };
    try {
      const body = updateBody(base.fields, fields, changeLog);
      return { kind: 'saved', prompt: await call(promptApi.PUT('/prompts/{id}', { params, body })) };
    } catch (error) {
      if (!isProblem(error, 412)) throw error;
      const { prompt, base: theirs } = await readForEditing(id);
      // Our own save, whose answer was lost; or somebody wrote just the same.
      if (changedFields(theirs.fields, fields).length === 0) return { kind: 'saved', prompt };
      return { kind: 'conflict', theirs: prompt, base: theirs };
    }
  };
  return (fields, changeLog, base) => (promptId === null || base === null ? create(fields) : update(promptId, fields, changeLog, base));
}
