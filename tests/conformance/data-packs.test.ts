/** @file The reference cases of data sets and images: every one within its tolerance. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findCases, readCase } from '../../harness/conformance/case.ts';
import { kinds } from '../../harness/conformance/kinds.ts';

const golden = join(import.meta.dirname, '../golden/metrics');

/** Kind -> number of cases, so that a lost folder is noticed. */
const counts = { uint8: 5, 'png-samples': 2, 'cifar-binary': 14, 'imagenet64-npz': 8, 'image-preprocess': 7 };

describe.each(Object.entries(counts))('the reference cases of kind %s', (name, count) => {
  const cases = findCases([join(golden, name)]).map(readCase);

  test('are all here', () => {
    expect(cases).toHaveLength(count);
  });

  test.each(cases.map((reference) => [reference.id, reference] as const))('pass: %s', async (_id, reference) => {
    const { judge } = await kinds[name]!();
    const verdict = await judge(reference);
    expect(verdict, verdict.worst).toMatchObject({ passed: true });
  });
});
