/** @file The reference cases of plain arithmetic: every one within its tolerance. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kinds } from '../../harness/conformance/kinds.ts';
import { runConformance } from '../../harness/conformance/runner.ts';

const golden = join(import.meta.dirname, '../golden/networks');

describe('the reference cases of plain arithmetic', () => {
  it.each(['schedule', 'preconditioning', 'param-count'])('pass: %s', async (kind) => {
    const reports = await runConformance([join(golden, kind)], {
      kinds,
      loadEngine: () => {
        throw new Error('a kind of plain arithmetic needs no engine');
      },
    });
    expect(reports.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(reports.length).toBeGreaterThan(0);
  });
});
