/** @file Outcomes of one and two stages; when a stage ends; what could have been seen; the rule bundled for a browser. */
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { namedKey, PhiloxRandom } from '../../../harness/core/philox.ts';
import {
  couldHaveSeen,
  firstAlarm,
  judgePaired,
  logRatios,
  shiftToRegressed,
  wantsMore,
  type PairedRule,
} from '../../../harness/nightly/statistics/gate.ts';
import { WalshAverages } from '../../../harness/nightly/statistics/signed-rank.ts';

const rule: PairedRule = {
  margin: 0.02,
  gate: {
    alphaFirst: 0.01,
    alphaConfirm: 0.01,
    confidence: 0.95,
    fewestPairs: 8,
    mostPairs: 40,
    narrowEnough: 0.5,
    seed: 3,
  },
};

/** Normal noise of a standard deviation around a mean. */
function noise(name: string, count: number, sd: number, mean = 0): number[] {
  const random = new PhiloxRandom(namedKey(11, name), 0);
  return Array.from({ length: count }, () => mean + sd * random.normal());
}

describe('judgePaired', () => {
  it('calls a slowdown that both stages show and that is beyond the margin regressed', () => {
    const judged = judgePaired([noise('a', 20, 0.01, 0.05), noise('b', 20, 0.01, 0.05)], rule)!;
    expect(judged.outcome).toBe('regressed');
    expect(judged.alarms).toEqual(['slower', 'slower']);
    expect(judged.change.estimate).toBeGreaterThan(0.045);
    expect(judged.change.interval.low).toBeGreaterThan(0.04);
  });

  it('calls the same in the other direction improved', () => {
    expect(judgePaired([noise('a', 20, 0.01, -0.05), noise('b', 20, 0.01, -0.05)], rule)!.outcome).toBe('improved');
  });

  it('does not call a slowdown regressed that the second stage does not show', () => {
    const judged = judgePaired([noise('a', 20, 0.01, 0.05), noise('b', 20, 0.01)], rule)!;
    expect(judged.alarms).toEqual(['slower', null]);
    expect(judged.outcome).toBe('cannot-tell');
  });

  it('does not call a slowdown regressed without a second stage', () => {
    expect(judgePaired([noise('a', 20, 0.01, 0.05)], rule)!.outcome).toBe('cannot-tell');
  });

  it('does not call a confirmed slowdown regressed that is estimated within the margin', () => {
    // Both stages alarm, for their intervals reach beyond 2 %; the estimate does not.
    const shape = [-0.03, -0.01, 0.002, 0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.033, 0.04, 0.05];
    const judged = judgePaired([shape, shape], rule)!;
    expect(judged.alarms).toEqual([null, null]);
    const wider = shape.map((value) => value + 0.005);
    const again = judgePaired([wider, wider], { ...rule, margin: 0.025 })!;
    expect(again.alarms).toEqual(['slower', 'slower']);
    expect(again.change.estimate).toBeLessThan(0.025);
    expect(again.outcome).toBe('cannot-tell');
  });

  it('does not call a confirmed change one of the build that whole nights show without any', () => {
    for (const [mean, outcome] of [
      [0.05, 'regressed'],
      [-0.05, 'improved'],
    ] as const) {
      const stages = [noise('a', 20, 0.01, mean), noise('b', 20, 0.01, mean)];
      expect(judgePaired(stages, { ...rule, floor: 0.04 })!.outcome).toBe(outcome);
      expect(judgePaired(stages, { ...rule, floor: 0.06 })!.outcome).toBe('cannot-tell');
    }
    // The same is what lies within the margin, not within the floor.
    expect(judgePaired([noise('a', 20, 0.08)], { ...rule, floor: 0.5 })!.outcome).toBe('cannot-tell');
  });

  it('needs the shift that takes a slowdown beyond the floor', () => {
    const [first, second] = [new WalshAverages(noise('a', 20, 0.01)), new WalshAverages(noise('b', 20, 0.01))];
    const shifted = { ...rule, floor: 0.2 };
    const pooled = new WalshAverages([...first.differences, ...second.differences]).estimate;
    expect(shiftToRegressed(first, second, shifted)).toBeCloseTo(Math.log1p(0.2) - pooled, 12);
  });

  it('calls rows the same only where the whole interval lies within the margin', () => {
    expect(judgePaired([noise('a', 20, 0.01)], rule)!.outcome).toBe('same');
    expect(judgePaired([noise('a', 20, 0.08)], rule)!.outcome).toBe('cannot-tell');
  });

  it('calls too few pairs for any stage neither, however equal', () => {
    expect(judgePaired([[0, 0, 0]], rule)!.outcome).toBe('cannot-tell');
    expect(judgePaired([[]], rule)).toBeNull();
  });

  it('reads a margin as a ratio: 2 % is the log-ratio log(1.02) both ways', () => {
    const at = (value: number) => judgePaired([Array<number>(10).fill(value)], rule)!.outcome;
    expect(at(Math.log1p(0.02))).toBe('same');
    expect(at(-Math.log1p(0.02))).toBe('same');
    expect(at(Math.log1p(0.0201))).toBe('cannot-tell');
  });
});

describe('firstAlarm', () => {
  it('leaves a slowdown unconfirmed that is certainly within the margin', () => {
    const small = noise('a', 30, 0.001, 0.005);
    expect(firstAlarm(small, rule)).toBeNull();
    expect(firstAlarm(small, { ...rule, margin: 0.002 })).toBe('slower');
    expect(judgePaired([small], rule)!.outcome).toBe('same');
  });
});

describe('wantsMore', () => {
  it('takes the fewest pairs always and the most never exceeded', () => {
    expect(wantsMore(Array<number>(7).fill(0), rule)).toBe(true);
    expect(wantsMore(Array<number>(8).fill(0), rule)).toBe(false);
    const wild = noise('a', 40, 0.5);
    expect(wantsMore(wild.slice(0, 39), rule)).toBe(true);
    expect(wantsMore(wild, rule)).toBe(false);
  });

  it('looks at the width alone: a shift or a change of sign alters nothing, whatever its p-value', () => {
    for (let count = 8; count <= 40; count++) {
      const pairs = noise('a', count, 0.02);
      const plain = wantsMore(pairs, rule);
      expect(
        wantsMore(
          pairs.map((value) => value + 1),
          rule,
        ),
      ).toBe(plain);
      expect(
        wantsMore(
          pairs.map((value) => -value),
          rule,
        ),
      ).toBe(plain);
    }
  });
});

describe('shiftToRegressed', () => {
  it('is where judgePaired changes its answer, whichever condition decides', () => {
    for (let i = 0; i < 40; i++) {
      const [first, second] = [noise(`f${i}`, 8 + i, 0.02 + i / 1000), noise(`s${i}`, 14, i % 2 ? 0.002 : 0.05)];
      const shift = shiftToRegressed(new WalshAverages(first), new WalshAverages(second), rule)!;
      const outcome = (by: number) =>
        judgePaired(
          [first, second].map((stage) => stage.map((value) => value + by)),
          rule,
        )!.outcome;
      expect(outcome(shift + 1e-9)).toBe('regressed');
      expect(outcome(shift - 1e-9)).not.toBe('regressed');
    }
  });
});

describe('shiftToRegressed of a narrow first stage below a slower second one', () => {
  it('waits until the first interval reaches beyond the margin, although the estimate of all pairs already does', () => {
    const [first, second] = [noise('f', 12, 0.001), noise('s', 30, 0.001, 0.03)];
    const shift = shiftToRegressed(new WalshAverages(first), new WalshAverages(second), rule)!;
    const { estimate } = new WalshAverages([...first, ...second]);
    expect(shift).toBeGreaterThan(Math.log1p(0.02) - estimate + 0.001);
    expect(shift).toBeCloseTo(Math.log1p(0.02) - new WalshAverages(first).interval(0.95).high, 12);
  });
});

describe('couldHaveSeen', () => {
  it('is the slowdown that fresh pairs of the same noise show 95 times in 100', () => {
    const seen = couldHaveSeen([noise('tonight', 4_000, 0.0266).slice(0, 40)], rule, 'row', 400)!;
    const nights = 1_000;
    let found = 0;
    for (let i = 0; i < nights; i++) {
      const stages = ['f', 's'].map((stage) => noise(`${stage}-${i}`, 40, 0.0266, Math.log1p(seen)));
      if (judgePaired(stages, rule)!.outcome === 'regressed') found += 1;
    }
    // Forty pairs tell their own noise to about 11 %: power is then between 0.87 and 0.99.
    expect(found / nights).toBeGreaterThan(0.87);
    expect(found / nights).toBeLessThan(0.995);
  });

  it('is the same for the same pairs and null where so few pairs cannot alarm', () => {
    const pairs = noise('tonight', 20, 0.02);
    expect(couldHaveSeen([pairs], rule, 'row', 50)).toBe(couldHaveSeen([pairs], rule, 'row', 50));
    expect(couldHaveSeen([pairs.slice(0, 5)], rule, 'row', 50)).toBeNull();
    expect(couldHaveSeen([[]], rule, 'row', 50)).toBeNull();
  });

  it('is just above the margin on a machine without noise', () => {
    expect(couldHaveSeen([Array<number>(10).fill(0.001)], rule, 'row', 20)).toBeCloseTo(0.02, 10);
  });
});

describe('logRatios', () => {
  it('keeps the order and leaves out turns without an earlier build', () => {
    expect(
      logRatios([
        { tonight: 2, earlier: 1, first: 'tonight' },
        { tonight: 2, earlier: null, first: 'tonight' },
        { tonight: 1, earlier: 2, first: 'earlier' },
      ]),
    ).toEqual([Math.log(2), -Math.log(2)]);
  });
});

describe('the statistics of the gate', () => {
  it.each(['gate.ts', 'signed-rank.ts'])('bundle for a browser: %s', (file) => {
    const { outputFiles } = buildSync({
      entryPoints: [join(import.meta.dirname, '../../../harness/nightly/statistics', file)],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      logLevel: 'silent',
    });
    expect(outputFiles[0]!.text).not.toMatch(/node:|require\(/);
  });
});
