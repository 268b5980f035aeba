/** @file The proof of resumption: a killed run goes on to the bit, and what a checkpoint lost is named. */
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../harness/formats/safetensors.ts';
import { proofPlan } from '../../harness/verify/proof-plan.ts';
import { holds, proofText } from '../../harness/verify/proof.ts';
import { proveResume } from '../../harness/verify/resume.ts';
import { writeCheckpoint, type CheckpointNotes } from '../../harness/train/checkpoint.ts';
import { recipes } from '../../recipes/index.ts';

const script = resolve(import.meta.dirname, '../../scripts/verify/cell.ts');
const cellProcess = (folder: string, killAfter?: number): [string, ...string[]] => {
  const kill = killAfter === undefined ? [] : ['--kill-after', String(killAfter)];
  return [process.execPath, '--import', import.meta.resolve('tsx'), script, folder, ...kill];
};
const planOf = (steps?: number) =>
  proofPlan({ recipe: recipes['shapes-ct']!, seed: 1, engine: { device: 'cpu' }, ...(steps && { steps }) });

describe('a run that is killed', () => {
  it('inside a point of its loss curve goes on to the same state, losses, samples and scores', async () => {
    const plan = planOf();
    // The checkpoint before lies inside a point of the loss curve, and a point of the curve of scores before it.
    expect([plan.asRun.checkpointEverySteps, plan.asRun.curveSteps[0]]).toEqual([67, 134]);
    const proof = await proveResume({ plan, subject: 'shapes-ct', cellProcess, killAfter: [202] });
    expect(proof.comparisons).toEqual([{ what: 'killed after step 202 (as asked)', difference: null }]);
    expect(Object.keys(proof.hashes)).toEqual([
      ...['loss series', 'weights', 'first moment', 'second moment', 'sampling average', 'teacher'],
      ...['sampled weights', 'curve', 'samples', 'scores'],
    ]);
    expect(proofText(proof)).toContain('\nAll 1 equal the undisturbed run.');
  });

  it('is told from one whose checkpoint lost something, naming it', async () => {
    const forgetful = (folder: string, killAfter?: number) => {
      if (killAfter === undefined && folder.includes('killed')) forgetAverage(join(folder, 'checkpoints'));
      return cellProcess(folder, killAfter);
    };
    const proof = await proveResume({ plan: planOf(6), subject: 'x', cellProcess: forgetful, killAfter: [4] });
    expect(holds(proof)).toBe(false);
    expect(proof.comparisons[0]!.difference).toMatch(
      /^samplingEma\/\S+ differs in \d+ of \d+ values, by \d+ ulp at most$/,
    );
  });

  it('is told from one that could not be killed', async () => {
    const immortal = (folder: string) => cellProcess(folder);
    const proof = await proveResume({ plan: planOf(6), subject: 'x', cellProcess: immortal, killAfter: [4] });
    expect(proof.comparisons[0]!.difference).toBe('the process was to be killed, and came to its end');
  });
});

/** Writes the parameters in the place of their average. */
function forgetAverage(folder: string): void {
  const { tensors, metadata } = readSafetensors(join(folder, 'step-000000004.safetensors'));
  const forgotten = [...tensors].map(
    ([name, tensor]) => [name, tensors.get(name.replace('samplingEma/', 'parameters/')) ?? tensor] as const,
  );
  writeCheckpoint(folder, forgotten, JSON.parse(metadata.notes!) as CheckpointNotes<unknown>);
}
