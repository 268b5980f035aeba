/** @file The reference cases of the metrics that need no engine: every one within its tolerance. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCases, readCase } from '../../harness/conformance/case.ts';
import { kinds } from '../../harness/conformance/kinds.ts';

const golden = join(import.meta.dirname, '../golden/metrics');

/** Minutes in TypeScript: the tests of the engine run them. */
const large = ['recipe-features-d2048', 'recipe-stats-d2048'];

const names = [
  'frechet',
  'streaming-moments',
  'kid',
  'inception-score',
  'precision-recall',
  'fd-infinity',
  'reference-stats',
];

describe.each(names)('the reference cases of kind %s', (name) => {
  const cases = findCases([join(golden, name)])
    .map(readCase)
    .filter(({ id }) => !large.includes(id));

  it('exist', () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  it.each(cases.map((reference) => [reference.id, reference] as const))('pass: %s', async (_id, reference) => {
    const { judge } = await kinds[name]!();
    const verdict = await judge(reference);
    expect(verdict, verdict.worst).toMatchObject({ passed: true });
  });
});
