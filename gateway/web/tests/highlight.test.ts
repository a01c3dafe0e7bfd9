import { expect, test } from 'vitest';
import { readHighlight } from '../src/text/highlight';

test('marks become marked parts, and entities their characters, once', () => {
  expect(readHighlight('Reviews <mark>Rust</mark> &amp;amp; &lt;b&gt;')).toEqual([
    { text: 'Reviews ', isMarked: false },
    { text: 'Rust', isMarked: true },
    { text: ' &amp; <b>', isMarked: false },
  ]);
});

test('any other markup stays text', () => {
  expect(readHighlight('<img src=x onerror=alert(1)><mark class="x">a')).toEqual([
    { text: '<img src=x onerror=alert(1)><mark class="x">a', isMarked: false },
  ]);
});
