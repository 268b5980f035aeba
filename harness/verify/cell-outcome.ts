/**
 * @file Outcome of a finished cell as hashes: training state, losses, samples, scores.
 *
 * And the first difference of two cells.
 */
import { join } from 'node:path';
import { fingerprint } from '../core/canonical-json.ts';
import { readSafetensors } from '../formats/safetensors.ts';
import type { Result } from '../results/schema.ts';
import { readResult } from '../results/store.ts';
import { weightsFileName } from '../results/origin/committed-weights.ts';
import { namesIn } from '../system/files/files.ts';
import { sha256OfFile } from '../system/files/file-hash.ts';
import { digestParts, firstTensorDifference, tensorDifferenceText, type NamedTensors } from './differences.ts';

export interface CellOutcome {
  /** Every part of the training state at the end, every tensor by name. */
  readonly state: NamedTensors;
  readonly result: Result;
  /** sha256 by what it is of, in the order in which differences are looked for. */
  readonly hashes: ReadonlyMap<string, string>;
}

/** Parts of a checkpoint in words. */
const partNames: Readonly<Record<string, string>> = {
  parameters: 'weights',
  firstMoment: 'first moment',
  secondMoment: 'second moment',
  samplingEma: 'sampling average',
  teacher: 'teacher',
};

/** Reads a cell that came to its end; null where it has no result. @throws DataError, ResultError when a file is missing or damaged */
export async function cellOutcome(folder: string): Promise<CellOutcome | null> {
  const result = readResult(folder);
  if (!result) return null;
  const checkpoints = join(folder, 'checkpoints');
  const { tensors: state } = readSafetensors(join(checkpoints, namesIn(checkpoints).at(-1)!));
  const { loss, scores, curves, secondLevel, files } = result;
  return {
    state,
    result,
    hashes: new Map([
      ['loss series', fingerprint(loss)],
      ...[...digestParts(state)].map(([part, sha]) => [partNames[part] ?? part, sha] as const),
      ['sampled weights', await sha256OfFile(join(folder, weightsFileName))],
      ['curve', fingerprint(curves)],
      ['samples', fingerprint(files)],
      ['scores', fingerprint({ scores, secondLevel })],
    ]),
  };
}

/** The first thing that differs between two cells, in words; null where nothing does. */
export function firstDifference(straight: CellOutcome, other: CellOutcome): string | null {
  const loss = straight.result.loss.findIndex((point, i) => fingerprint(point) !== fingerprint(other.result.loss[i]));
  if (loss >= 0) {
    const [one, two] = [straight.result.loss[loss]!, other.result.loss[loss]];
    return `the loss at step ${one.step} is ${two ? `${two.loss} (of steps up to ${two.step})` : 'missing'} in place of ${one.loss}`;
  }
  const tensor = firstTensorDifference(straight.state, other.state);
  if (tensor) return tensorDifferenceText(tensor);
  for (const [what, sha] of straight.hashes)
    if (other.hashes.get(what) !== sha)
      return `${what}: sha256 ${other.hashes.get(what) ?? '(none)'} in place of ${sha}`;
  return null;
}
