import { describe, expect, it } from 'vitest';
import { readAmount } from '../src/text/amount';

describe('an amount', () => {
  it.each([
    ['9.90', 9.9],
    ['9,90', 9.9],
    [' 1500 ', 1500],
    ['0', 0],
  ])('is read from %j', (text, amount) => expect(readAmount(text)).toBe(amount));

  it.each(['', ' ', 'ten', '1.234,50', '1,234.50', '-5', '1e3', '0x10', '9.', 'NaN'])('is not read from %j', (text) => expect(readAmount(text)).toBeUndefined());
});
