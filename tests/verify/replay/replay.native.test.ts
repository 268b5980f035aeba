/** @file Replays: the digests of a cell are met again to the bit, and what differs is named with what may explain it. */
import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../harness/core/clock.ts';
import type { Engine } from '../../../harness/engine/engine.ts';
import { scorerWith } from '../../../harness/evaluate/open.ts';
import { openShapes } from '../../../harness/data/shapes.ts';
import { writePlan } from '../../../harness/plan/plan-file.ts';
import { resolvePlan } from '../../../harness/plan/resolve.ts';
import { runCell } from '../../../harness/run/cell/cell.ts';
import { readOwnWeights, writeOwnWeights } from '../../../harness/network/weights/own-file.ts';
import type { StoredTensor } from '../../../harness/formats/safetensors.ts';
import { silence } from '../../../harness/system/progress.ts';
import { proofPlan } from '../../../harness/verify/proof-plan.ts';
import { compareRuns, recordedRun, replayText, replays } from '../../../harness/verify/replay/replay.ts';
import { runAgain } from '../../../harness/verify/replay/run-again.ts';
import { recipes } from '../../../recipes/index.ts';
import { engineForTests } from '../../engine/engine-fixture.ts';

const plan = proofPlan({ recipe: recipes['shapes-ict']!, seed: 1, engine: { device: 'cpu' }, steps: 12 });
const root = join(import.meta.dirname, '../../..');
const names = { recorded: 'a', again: 'b' };

let engine: Engine;
let result: string;
beforeAll(async () => {
  engine = await engineForTests();
  const folder = mkdtempSync(join(tmpdir(), 'replay-'));
  mkdirSync(join(folder, 'cell'));
  writePlan(join(folder, 'cell', 'plan.json'), plan);
  await runCell({
    folder: join(folder, 'cell'),
    engine,
    openSource: () => Promise.resolve(openShapes()),
    openScorer: scorerWith({}),
    clock: systemClock,
    output: silence,
    stopRequested: () => false,
    root,
    command: 'npm run reproduce shapes',
  });
  result = join(folder, 'cell', 'result.json');
});

describe('a replay', () => {
  it('of the first steps meets every bit and every tensor again', async () => {
    const again = await runAgain(engine, plan, { steps: 5, root, output: silence });
    const replay = compareRuns(names, recordedRun(result), again, 5);
    // Checkpoints every two steps; the first one takes the place of the hashes after step 2, and 4 comes with the second.
    expect(replay.comparison).toEqual({ steps: 5, tensorSteps: [1, 2, 4], step: null, tensor: null });
    expect(replays(replay)).toBe(true);
    expect(replayText(replay)).toContain('loss and gradient norm of 5 steps: equal to the bit');
  });

  it('in other passes names the first step, its distance in ulp, the tensor and the setting', async () => {
    const other = resolvePlan({ ...plan, engine: { ...plan.engine, microBatchImages: 2 } });
    const again = await runAgain(engine, other, { steps: 5, root, output: silence });
    const replay = compareRuns(names, recordedRun(result), again, 5);
    expect(replays(replay)).toBe(false);
    const { step, tensor } = replay.comparison;
    expect(step!.ulp).toBeGreaterThan(0);
    // Rounding of a sum of four losses, not another run.
    expect(step!.ulp).toBeLessThan(64);
    expect(tensor!.tensor).toMatch(/^parameters\//);
    expect(replay.circumstances).toEqual([{ what: 'plan.engine.microBatchImages', recorded: 4, again: 2 }]);
    expect(replayText(replay)).toContain('\n  plan.engine.microBatchImages: 4 against 2');
  });

  it('of two whole runs compares the weights they ended with, in ulp', () => {
    const same = compareRuns(names, recordedRun(result), recordedRun(result));
    expect(replayText(same)).toContain('\nweights at the end: equal to the bit\n');
    const other = mkdtempSync(join(tmpdir(), 'replay-'));
    cpSync(dirname(result), other, { recursive: true });
    const path = join(other, 'weights.safetensors');
    const { tensors, metadata } = readOwnWeights(path);
    const changed = [...tensors].map(([name, tensor], i): [string, StoredTensor] => {
      if (i !== 1) return [name, tensor];
      const bits = new Uint32Array(new Uint8Array(tensor.bytes).buffer);
      bits[0]! += 3;
      return [name, { ...tensor, bytes: Buffer.from(bits.buffer) }];
    });
    const rest = Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== 'contentSha256'));
    writeOwnWeights(path, changed, rest);
    const replay = compareRuns(names, recordedRun(result), recordedRun(join(other, 'result.json')));
    const [name] = [...tensors.keys()].slice(1);
    expect(replay.weights).toEqual({
      first: { tensor: name, differing: 1, elements: tensors.get(name!)!.bytes.length / 4, ulp: 3, tensors: 1 },
    });
    expect(replays(replay)).toBe(false);
    expect(replayText(replay)).toContain(`weights at the end: ${name!} differs in 1 of`);
  });

  it('of what is no result is refused', () => {
    expect(() => recordedRun(join(root, 'package.json'))).toThrow(
      'got no result of a cell, expected a file result.json. Name the result.json in the folder of a cell.',
    );
  });
});
