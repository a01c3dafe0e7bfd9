import { describe, expect, it } from 'vitest';
import { draftKey, listDrafts, readDraft, removeDraft, writeDraft, type Draft } from '../src/pages/editor/draft';
import { checkFields, creationBody, EMPTY, lengthOf, mergeFields, updateBody } from '../src/pages/editor/fields';

class Store {
  readonly items = new Map<string, string>();
  room = Number.POSITIVE_INFINITY;
  get length() {
    return this.items.size;
  }
  key = (index: number) => [...this.items.keys()][index] ?? null;
  getItem = (key: string) => this.items.get(key) ?? null;
  removeItem = (key: string) => void this.items.delete(key);
  setItem(key: string, value: string) {
    if (value.length > this.room) throw new DOMException('full', 'QuotaExceededError');
    this.items.set(key, value);
  }
}

const draft = (title: string, savedAt = 1): Draft => ({ fields: { ...EMPTY, title, tags: ['a'] }, changeLog: 'why', base: null, savedAt });

describe('a draft', () => {
  it('is read back as it was written, and gone when it is removed', () => {
    const store = new Store();
    const key = draftKey('ada', 'p1');
    expect(writeDraft(store, key, draft('mine'))).toBe(true);
    expect(readDraft(store, key)).toEqual(draft('mine'));
    expect(readDraft(store, draftKey('eve', 'p1'))).toBeNull();
    removeDraft(store, key);
    expect(readDraft(store, key)).toBeNull();
  });

  it('is none when it is broken or of another shape', () => {
    const store = new Store();
    for (const broken of ['{', 'null', '1', '{}', '{"fields":{"title":1},"savedAt":1}', JSON.stringify({ ...draft('x'), base: { fields: {} } })]) {
      store.setItem('key', broken);
      expect(readDraft(store, 'key')).toBeNull();
    }
  });

  it('says when the browser has no room', () => {
    const store = new Store();
    store.room = 10;
    expect(writeDraft(store, 'key', draft('x'))).toBe(false);
  });

  it('is listed for its account only, newest first', () => {
    const store = new Store();
    writeDraft(store, draftKey('ada', 'p1'), draft('older', 1));
    writeDraft(store, draftKey('ada', null), draft('newer', 2));
    writeDraft(store, draftKey('eve', null), draft('hers', 3));
    writeDraft(store, 'other', draft('other', 4));
    expect(listDrafts(store, 'ada').map((item) => [item.promptId, item.draft.fields.title])).toEqual([
      [null, 'newer'],
      ['p1', 'older'],
    ]);
  });
});

describe('the fields of a prompt', () => {
  const base = { ...EMPTY, title: 'Title', content: 'content', description: 'old', tags: ['a', 'b'] };

  it('are sent only where they changed, and empty ones as none', () => {
    expect(updateBody(base, { ...base, description: ' ', tags: ['a'] }, '')).toEqual({ description: null, tags: ['a'], changeLog: null });
    expect(creationBody({ ...base, model: ' ' }, ' note ')).toMatchObject({ model: null, changeLog: 'note', title: 'Title' });
  });

  it('are merged by field, and only what both changed differently is a conflict', () => {
    const theirs = { ...base, title: 'Theirs', category: 'Both', tags: ['a', 'b', 'c'], content: 'theirs' };
    const yours = { ...base, title: 'Yours', category: 'Both', description: 'new' };
    const { merged, conflicts } = mergeFields(base, theirs, yours);
    expect(conflicts).toEqual(['title']);
    expect(merged).toMatchObject({ title: 'Yours', category: 'Both', description: 'new', tags: ['a', 'b', 'c'], content: 'content' });
  });

  it('are counted in code points and checked against the limits', () => {
    expect(lengthOf('🙂🙂a')).toBe(3);
    expect(Object.keys(checkFields({ ...EMPTY, title: '🙂🙂' }))).toEqual(['title', 'content', 'category']);
    expect(checkFields({ ...base, content: 'x'.repeat(100_001), category: 'c' })).toHaveProperty('content');
    expect(checkFields({ ...base, content: '🙂'.repeat(100_000), category: 'c' })).toEqual({});
  });
});
