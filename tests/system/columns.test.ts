/** @file Widths on a terminal, against the columns that terminals give (wcwidth): wide, joined and combining characters. */
import { describe, expect, it } from 'vitest';
import { cutToColumns } from '../../harness/system/columns.ts';

describe('cutToColumns', () => {
  it('leaves a line that fits', () => {
    expect(cutToColumns('train: 10', 9)).toBe('train: 10');
    expect(cutToColumns('', 0)).toBe('');
  });

  it('ends a cut line in dots where there is room for them', () => {
    expect(cutToColumns('train: 10 of 20', 14)).toBe('train: 10 o...');
    expect(cutToColumns('train: 10 of 20', 10)).toBe('train: 10 ');
    expect(cutToColumns('train', 0)).toBe('');
    expect(cutToColumns('train', -1)).toBe('');
  });

  it('counts two columns for wide characters, and never shows half of one', () => {
    expect(cutToColumns('写真: 10', 8)).toBe('写真: 10');
    expect(cutToColumns('写真: 10', 7)).toBe('写真: 1');
    expect(cutToColumns('写真', 3)).toBe('写');
    expect(cutToColumns('ＡＢ', 3)).toBe('Ａ');
    expect(cutToColumns('한국', 2)).toBe('한');
  });

  it('takes joined and combining characters as one', () => {
    expect(cutToColumns('e\u0301te\u0301', 3)).toBe('e\u0301te\u0301');
    expect(cutToColumns('👨‍👩‍👧x', 2)).toBe('👨‍👩‍👧');
    expect(cutToColumns('👨‍👩‍👧x', 1)).toBe('');
  });
});
