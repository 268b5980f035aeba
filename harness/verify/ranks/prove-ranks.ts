/** @file Proof that the bits of a training do not depend on how many ranks share its batches. */
import { join } from 'node:path';
import { namesIn, inTemporaryFolder, makeFolder } from '../../system/files/files.ts';
import { readSafetensors } from '../../formats/safetensors.ts';
import { planFileName, writePlan } from '../../plan/plan-file.ts';
import type { Plan } from '../../plan/types.ts';
import { digestParts, firstTensorDifference, tensorDifferenceText, type NamedTensors } from '../differences.ts';
import type { Comparison, Proof } from '../proof.ts';

/** Trains the plan in the folder by so many ranks, as far as `stopAfter` further steps. @returns null, or why it did not end well */
type TrainByRanks = (folder: string, ranks: number, stopAfter?: number) => Promise<string | null>;

export interface RanksRequest {
  readonly plan: Plan;
  readonly subject: string;
  /** The first number is what the others are compared with. */
  readonly ranks: readonly number[];
  readonly train: TrainByRanks;
  readonly onDone?: (what: string) => void;
}

/** Compares whole runs by every number of ranks with that by the first, and one in which the number changes twice. */
export async function proveRanks({ plan, subject, ranks, train, onDone }: RanksRequest): Promise<Proof> {
  return inTemporaryFolder('verify-ranks-', async (parent) => {
    const state = async (name: string, legs: readonly (readonly [ranks: number, stopAfter?: number])[]) => {
      const folder = join(parent, name);
      makeFolder(folder);
      writePlan(join(folder, planFileName), plan);
      for (const [count, stopAfter] of legs) {
        const why = await train(folder, count, stopAfter);
        if (why !== null) return why;
      }
      return finalState(folder);
    };
    const [first, ...others] = ranks;
    const undisturbed = await state('first', [[first!]]);
    if (typeof undisturbed === 'string') throw new Error(undisturbed);
    onDone?.(inWords(first!));
    const comparisons: Comparison[] = [];
    const compare = async (what: string, legs: Parameters<typeof state>[1]): Promise<void> => {
      const other = await state(what, legs);
      comparisons.push({ what, difference: typeof other === 'string' ? other : differenceOf(undisturbed, other) });
      onDone?.(what);
    };
    for (const count of others) await compare(inWords(count), [[count]]);
    const third = Math.max(1, Math.floor(plan.asRun.steps / 3));
    const [most, least] = [Math.max(...ranks), Math.min(...ranks)];
    const middle = ranks.find((count) => count !== most && count !== least) ?? most;
    await compare(`${middle}, then ${least}, then ${most} ranks`, [[middle, third], [least, third], [most]]);
    return { proof: 'ranks', subject, hashes: Object.fromEntries(digestParts(undisturbed)), comparisons };
  });
}

function inWords(ranks: number): string {
  return ranks === 1 ? 'one process' : `${ranks} ranks`;
}

function finalState(folder: string): NamedTensors {
  const checkpoints = join(folder, 'checkpoints');
  return readSafetensors(join(checkpoints, namesIn(checkpoints).at(-1)!)).tensors;
}

function differenceOf(one: NamedTensors, other: NamedTensors): string | null {
  const difference = firstTensorDifference(one, other);
  return difference && tensorDifferenceText(difference);
}
