/** @file Freeing on demand. */
import { expect, it } from 'vitest';
import { collectGarbage } from '../../../harness/core/garbage.ts';

it('frees what nobody holds any more, at once', () => {
  const arrays = () => process.memoryUsage().arrayBuffers;
  const before = arrays();
  const held = [new Float32Array(32 * 2 ** 20).fill(1)];
  const during = arrays() - before;
  expect(during).toBeGreaterThan(100 * 2 ** 20);
  held.length = 0;
  collectGarbage();
  expect(arrays() - before).toBeLessThan(during / 2);
});
