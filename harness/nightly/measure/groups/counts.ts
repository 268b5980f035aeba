/** @file Counts what a training step takes (nodes, FLOP, handles, copies, tensors), and files of a cell. */
import { join, relative } from 'node:path';
import { openedStep } from '../../../bench/subjects/opened-step.ts';
import { tallied } from '../../../engine/engine.ts';
import { costOf } from '../../../plan/cost.ts';
import { proofPlan } from '../../../verify/proof-plan.ts';
import { proofInputs } from '../../../verify/proof-inputs.ts';
import { placeProofCell } from '../../../verify/cell-process.ts';
import { runCell } from '../../../run/cell/cell.ts';
import { openDistance } from '../../../run/cell/distance.ts';
import { readSafetensors } from '../../../formats/safetensors.ts';
import { filesBelow, inTemporaryFolder } from '../../../system/files/files.ts';
import type { ProbeValue } from '../protocol.ts';
import type { Group, GroupContext } from '../work.ts';

export const countsGroup: Group = async (context) => ({
  ...(await stepCounts(context)),
  ...(await cellCounts(context)),
});

/** Images per step of what is counted; counts of nodes, handles and tensors do not depend on it. */
const batchImages = 4;

/** What one step of each counted recipe, made tiny, takes: while it is traced, and once it is. */
async function stepCounts(context: GroupContext): Promise<Record<string, ProbeValue>> {
  const { work, engine, output } = context;
  const [nodes, flop, handles, bytes, tensors]: Record<string, number>[] = [{}, {}, {}, {}, {}];
  for (const [name, recipe] of Object.entries(work.counted)) {
    const plan = proofPlan({ recipe, seed: 0, engine: { device: engine.device }, steps: 12, batchImages });
    const { take, step } = openedStep(plan, await openDistance(plan, output));
    const first = tallied(() => take(0)).tally;
    take(1);
    const { tally } = tallied(() => take(2));
    step.dispose();
    for (const [operation, count] of Object.entries(first.nodes)) nodes![`${name}: ${operation}`] = count;
    handles![name] = tally.handles;
    bytes![`${name}: to the device`] = tally.bytesToDevice;
    bytes![`${name}: to the host`] = tally.bytesToHost;
    // Tensors of earlier recipes would be counted again with each later one.
    tensors![name] = tally.peakTensors - first.tensorsBefore;
    flop![name] = costOf(plan).flopPerTrainImage;
  }
  return {
    'step-nodes': sum(nodes!),
    'step-flop': sum(flop!),
    'step-handles': sum(handles!),
    'step-copies': sum(bytes!),
    'step-tensors': sum(tensors!),
  };
}

/** A cell from plan to result: its files, and the bytes of those that hold tensors; texts hold times, whose digits vary. */
async function cellCounts({ work, engine, clock, output, root }: GroupContext): Promise<Record<string, ProbeValue>> {
  const [recipe] = Object.values(work.counted);
  const plan = proofPlan({ recipe: recipe!, seed: 0, engine: { device: engine.device }, steps: 12, batchImages });
  return inTemporaryFolder('nightly-cell-', async (parent) => {
    const folder = placeProofCell(join(parent, 'cell'), plan);
    const command = 'npm run nightly';
    await runCell({ folder, engine, ...proofInputs(output), clock, output, stopRequested: () => false, root, command });
    const paths = filesBelow(folder).map((path) => ({ path, name: relative(folder, path) }));
    const tensors = paths.filter(({ name }) => name.endsWith('.safetensors'));
    return {
      'cell-files': sum(Object.fromEntries(paths.map(({ name }) => [name, 1]))),
      'cell-bytes': sum(Object.fromEntries(tensors.map(({ path, name }) => [name, tensorBytes(path)]))),
    };
  });
}

/** Of the tensors alone: what a checkpoint notes beside them holds seconds, whose digits vary. */
export function tensorBytes(path: string): number {
  return [...readSafetensors(path).tensors.values()].reduce((total, { bytes }) => total + bytes.length, 0);
}

function sum(parts: Record<string, number>): ProbeValue {
  return { kind: 'count', value: Object.values(parts).reduce((total, part) => total + part, 0), parts };
}
