/** @file Inception Score: closed forms, how the two variants split, and what is refused. */
import { describe, expect, it } from 'vitest';
import { memoryRows } from '../../../harness/metrics/features/rows.ts';
import { blockScore, shuffledScore } from '../../../harness/metrics/values/inception-score.ts';
import { normalMatrix } from '../linalg/matrices.ts';

/** One-hot probabilities of the given classes. */
function oneHot(labels: readonly number[], classes: number): Float64Array {
  const out = new Float64Array(labels.length * classes);
  labels.forEach((label, i) => (out[i * classes + label] = 1));
  return out;
}

describe('closed forms', () => {
  it('is the number of classes when every class is certain and equally frequent', () => {
    const rows = memoryRows(oneHot([0, 1, 2, 3, 0, 1, 2, 3], 4), 4);
    expect(blockScore(rows, 5000, 'probabilities').mean).toBeCloseTo(4, 14);
    expect(blockScore(rows, 4, 'probabilities')).toMatchObject({ std: 0 });
  });

  it('is 1 when all predictions are equal', () => {
    expect(shuffledScore(memoryRows(new Float64Array(30), 3), 5)).toMatchObject({ std: 0 });
    expect(shuffledScore(memoryRows(new Float64Array(30), 3), 5).mean).toBeCloseTo(1, 14);
  });

  it('is exp(H(marginal) - mean H) for two certain classes at 1:3', () => {
    const rows = memoryRows(oneHot([0, 1, 1, 1], 2), 2);
    expect(blockScore(rows, 4, 'probabilities').mean).toBeCloseTo(
      Math.exp(-0.25 * Math.log(0.25) - 0.75 * Math.log(0.75)),
      14,
    );
  });

  it('is the same from logits as from their probabilities, whatever constant is added to a row', () => {
    const logits = normalMatrix(20, 6, 50);
    const probabilities = new Float64Array(120);
    const shifted = new Float64Array(120);
    for (let i = 0; i < 20; i++) {
      const row = logits.subarray(i * 6, (i + 1) * 6);
      const sum = row.reduce((all, value) => all + Math.exp(value), 0);
      row.forEach((value, y) => {
        probabilities[i * 6 + y] = Math.exp(value) / sum;
        shifted[i * 6 + y] = value + 1e4 * i;
      });
    }
    const exact = blockScore(memoryRows(probabilities, 6), 20, 'probabilities').mean;
    expect(Math.abs(blockScore(memoryRows(logits, 6), 20).mean - exact)).toBeLessThan(1e-14);
    expect(Math.abs(blockScore(memoryRows(shifted, 6), 20).mean - exact)).toBeLessThan(1e-9);
  });
});

describe('splits', () => {
  const rows = memoryRows(normalMatrix(23, 4, 51), 4);

  it('are spread over the rows by torch-fidelity and end with a short block by OpenAI', () => {
    expect(shuffledScore(rows, 5).perSplit).toHaveLength(5);
    expect(blockScore(rows, 5).perSplit).toHaveLength(5);
    expect(blockScore(rows, 6).perSplit).toHaveLength(4);
  });

  it('are of the rows in the given order', () => {
    const reversed = Uint32Array.from({ length: 23 }, (_, i) => 22 - i);
    const ordered = shuffledScore(rows, 2, 'logits', reversed);
    expect(ordered.perSplit[0]).toBeCloseTo(
      blockScore(memoryRows(rows.pick(reversed.subarray(0, 11)), 4), 11).perSplit[0]!,
      14,
    );
  });

  it('are shuffled unless an order is given', () => {
    const inOrder = Uint32Array.from({ length: 23 }, (_, i) => i);
    expect(shuffledScore(rows, 2).perSplit).not.toEqual(shuffledScore(rows, 2, 'logits', inOrder).perSplit);
  });
});

describe('refusals', () => {
  it('name fewer rows than splits, no rows, and logits given as probabilities', () => {
    expect(() => shuffledScore(memoryRows(new Float64Array(4), 2), 3)).toThrow(
      'Inception Score: got 2 rows in 3 splits, expected at least one row in every split. Give more samples or ask for fewer splits.',
    );
    expect(() => blockScore(memoryRows(new Float64Array(0), 2))).toThrow(
      'Inception Score: got no rows, expected at least one. Give more samples.',
    );
    expect(() => blockScore(memoryRows(Float64Array.of(1, 0, 0.5, -0.5), 2), 5000, 'probabilities')).toThrow(
      'Inception Score: got a probability of -0.5 in row 1, class 1, expected no negative probability. Give logits as logits.',
    );
  });
});
