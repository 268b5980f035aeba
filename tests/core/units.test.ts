/** @file Quantities as text: bytes, durations, counts, significant digits. */
import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, significant } from '../../harness/core/units.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [1536, '1.50 KiB'],
    [170_052_171, '162 MiB'],
    [2 ** 40 * 2000, '2000 TiB'],
  ])('%d is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('formatDuration', () => {
  it.each([
    [0, '0.0 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [42.4, '42 s'],
    [59.6, '1 min 00 s'],
    [185, '3 min 05 s'],
    [3599.6, '1 h 00 min'],
    [7_800, '2 h 10 min'],
    [172_800, '2 d 0 h'],
    [1_051_200, '12 d 4 h'],
    [Infinity, 'unknown'],
    [NaN, 'unknown'],
  ])('%d seconds are %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe('formatCount', () => {
  it.each([
    [409_600_000, '409.6 M'],
    [1_638_400_000, '1.638 G'],
    [2_000_000_000, '2 G'],
    [12_800, '12,800'],
    [12.34, '12.3'],
    [-5, '-5'],
  ])('%d is %s', (count, text) => expect(formatCount(count)).toBe(text));
});

describe('significant', () => {
  it.each([
    [0, 3, '0'],
    [0.000_123_4, 2, '0.00012'],
    [0.000_012_34, 2, '1.2e-5'],
    [2.8349, 3, '2.83'],
    [123_456, 3, '123456'],
    [1_234_567, 3, '1.23e+6'],
    [NaN, 3, 'NaN'],
  ])('%d to %i digits is %s', (value, digits, text) => expect(significant(value, digits)).toBe(text));
});
