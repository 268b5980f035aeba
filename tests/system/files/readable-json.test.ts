/** @file Readable JSON means what plain JSON means and stays within its lines. */
import { describe, expect, it } from 'vitest';
import { readableJson } from '../../../harness/system/files/readable-json.ts';

const value = {
  name: 'cell',
  small: { kind: 'doubling', s0: 10, s1: 1280 },
  numbers: Array.from({ length: 60 }, (_, i) => i / 7),
  rows: [
    { step: 1, value: 0.5, note: 'a'.repeat(70) },
    { step: 2, value: null, note: 'b "quoted"\n' },
  ],
  nested: { deep: { deeper: [[1, 2], []] } },
  empty: {},
  absent: undefined,
};

describe('readableJson', () => {
  it('parses to the same value', () => {
    expect(JSON.parse(readableJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
  });

  it('keeps what fits on one line, and lets numbers flow', () => {
    const lines = readableJson(value).split('\n');
    expect(lines).toContain('  "small": { "kind": "doubling", "s0": 10, "s1": 1280 },');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(lines.length).toBeLessThan(35);
  });

  it('ends with a newline', () => {
    expect(readableJson([])).toBe('[]\n');
  });
});
