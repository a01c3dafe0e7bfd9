import { describe, expect, it } from 'vitest';
import { EventParser } from '../src/api/eventStream';
import { WriteKeys } from '../src/api/idempotency';
import { applyEvent, readAnswerEvent, type Answer } from '../src/pages/playground/answers';

describe('a stream of events', () => {
  it('is read alike however it is cut', () => {
    const text = ': comment\n\nevent: text\nid: 1:3\ndata: {"text":"a: b"}\n\nevent:done\r\ndata: one\r\ndata: two\r\n\r\n';
    const whole = [
      { event: 'text', id: '1:3', data: '{"text":"a: b"}' },
      { event: 'done', id: undefined, data: 'one\ntwo' },
    ];
    for (let at = 0; at <= text.length; at += 1) {
      const parser = new EventParser();
      expect([...parser.push(text.slice(0, at)), ...parser.push(text.slice(at))]).toEqual(whole);
    }
  });
});

describe('an answer', () => {
  const start: Answer = { target: { modelProvider: 'MOCK', modelName: 'mock' }, testId: 't', attempt: 0, text: '', test: null };
  const text = (attempt: number, offset: number, piece: string) => ({ kind: 'text' as const, attempt, offset, text: piece });

  it('grows by its pieces, and what comes twice is there once', () => {
    const answer = [text(1, 0, '🙂 a'), text(1, 3, 'bc'), text(1, 4, 'cd')].reduce(applyEvent, start);
    expect(answer.text).toBe('🙂 abcd');
  });

  it('begins again with another attempt', () => {
    const answer = [text(1, 0, 'void'), { kind: 'restart' as const, attempt: 2 }, text(2, 0, 'new')].reduce(applyEvent, start);
    expect(answer).toMatchObject({ attempt: 2, text: 'new' });
    expect(applyEvent(answer, text(3, 0, 'third')).text).toBe('third');
  });

  it('is told apart by the index of its target', () => {
    expect(readAnswerEvent('text', '{"index":3,"attempt":1,"offset":0,"text":"x"}')).toEqual({ index: 3, event: text(1, 0, 'x') });
    expect(readAnswerEvent('end', '{}')).toBeNull();
  });
});

describe('the key of a write', () => {
  it('is one for all attempts at the same body, and another after its answer or for another body', () => {
    const keys = new WriteKeys();
    const first = keys.keyOf({ a: 1 });
    expect(keys.keyOf({ a: 1 })).toBe(first);
    expect(keys.keyOf({ a: 2 })).not.toBe(first);
    const second = keys.keyOf({ a: 2 });
    keys.finish();
    expect(keys.keyOf({ a: 2 })).not.toBe(second);
  });
});
