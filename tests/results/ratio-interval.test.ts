/** @file The bootstrap interval of a ratio of medians over paired rounds. */
import { describe, expect, it } from 'vitest';
import { HostRandom } from '../../harness/core/random.ts';
import { median, ratioInterval } from '../../harness/results/benchmark/rounds.ts';

/** Rounds of a machine whose speed changes by half, the same for both, and by `noise` from turn to turn. */
function rounds(count: number, noise: number, seed: number): [over: number[], under: number[]] {
  const random = new HostRandom(seed, 'bootstrap', 0);
  const speeds = Array.from({ length: count }, () => 1 + random.uniform() / 2);
  const noisy = (): number => 1 + noise * random.normal();
  return [speeds.map((speed) => 3 * speed * noisy()), speeds.map((speed) => 2 * speed * noisy())];
}

describe('the interval of a ratio', () => {
  it('is none below 16 rounds', () => {
    expect(ratioInterval(Array(15).fill(1), Array(15).fill(1))).toBeNull();
    expect(ratioInterval(Array(16).fill(3), Array(16).fill(2))).toEqual({ low: 1.5, high: 1.5 });
  });

  it('is the point that the ratio is where both slow down together', () => {
    const { low, high } = ratioInterval(...rounds(17, 0, 1))!;
    expect(low).toBeCloseTo(1.5, 12);
    expect(high).toBeCloseTo(1.5, 12);
  });

  it('holds the ratio of medians, is the same again, and narrows with more rounds', () => {
    const [over, under] = rounds(16, 0.05, 2);
    const { low, high } = ratioInterval(over, under)!;
    expect(low).toBeLessThan(median(over) / median(under));
    expect(high).toBeGreaterThan(median(over) / median(under));
    expect(ratioInterval(over, under)).toEqual({ low, high });
    const more = ratioInterval(...rounds(400, 0.05, 2))!;
    expect(more.high - more.low).toBeLessThan((high - low) / 2);
  });

  it('misses the true ratio about once in twenty times', () => {
    const missed = Array.from({ length: 60 }, (_, seed) => ratioInterval(...rounds(20, 0.05, seed + 10))!).filter(
      ({ low, high }) => low > 1.5 || high < 1.5,
    );
    expect(missed.length).toBeLessThan(10);
  });
});
