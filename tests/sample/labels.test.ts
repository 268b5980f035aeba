/** @file Labels of generated images: uniform, and named by seed and number alone. */
import { describe, expect, test } from 'vitest';
import { sampleLabels } from '../../harness/sample/labels.ts';

describe('sampleLabels', () => {
  test('gives image n the same label however the images are split', () => {
    const together = sampleLabels(3, 'sample-label', 0, 10, 1000);
    expect([...sampleLabels(3, 'sample-label', 0, 4, 1000), ...sampleLabels(3, 'sample-label', 4, 6, 1000)]).toEqual([
      ...together,
    ]);
    expect([...sampleLabels(4, 'sample-label', 0, 10, 1000)]).not.toEqual([...together]);
    expect([...sampleLabels(3, 'search-label', 0, 10, 1000)]).not.toEqual([...together]);
  });

  test('draws every class about equally often', () => {
    const counts = new Array<number>(10).fill(0);
    for (const label of sampleLabels(0, 'sample-label', 0, 10_000, 10)) counts[label]! += 1;
    // Binomial with mean 1,000 and standard deviation 30.
    expect(counts.every((count) => Math.abs(count - 1000) < 4 * 30)).toBe(true);
  });
});
