/** @file Replays the first steps of a result, or compares two results, by the digests in their event logs. */
import { dirname, join } from 'node:path';
import { DataError, described } from '../../core/errors.ts';
import { significant } from '../../core/units.ts';
import { readResult, resultFileName } from '../../results/store.ts';
import { exists } from '../../system/files/files.ts';
import { readOwnWeights } from '../../network/weights/own-file.ts';
import { weightsFileName } from '../../results/origin/committed-weights.ts';
import { tensorDifferences, tensorDifferenceText, type TensorDifference } from '../differences.ts';
import { eventsFileName } from '../../train/events.ts';
import { determinismNote } from '../gpu-determinism.ts';
import { circumstanceDifferences, circumstanceText } from './circumstances.ts';
import type { CircumstanceDifference, Circumstances } from './circumstances.ts';
import { compareDigests, recordedDigests } from './recorded-digests.ts';
import type { DigestComparison, RecordedDigests } from './recorded-digests.ts';

/** A run with its digests. */
export interface RecordedRun {
  readonly circumstances: Circumstances;
  readonly digests: RecordedDigests;
  /** File of the weights that the run ended with, where it is kept. */
  readonly weights?: string;
}

/** Weights that two runs ended with: tensor, distance, and how many tensors differ; null where all are equal. */
interface WeightsComparison {
  readonly first: (TensorDifference & { readonly tensors: number }) | null;
}

export interface Replay {
  readonly proof: 'replay';
  readonly recorded: string;
  readonly again: string;
  readonly comparison: DigestComparison;
  /** Null where one of the two has no weights: a replay of the first steps has none. */
  readonly weights: WeightsComparison | null;
  readonly circumstances: readonly CircumstanceDifference[];
  /** What explains a difference on a GPU; null where there is none, or no GPU. */
  readonly onGpu: string | null;
}

/**
 * The run of a `result.json`.
 * @throws ResultError when it is malformed or edited; DataError when there is none, or its event log holds no digests
 */
export function recordedRun(resultPath: string): RecordedRun {
  const folder = dirname(resultPath);
  const result = resultPath.endsWith(resultFileName) ? readResult(folder) : null;
  if (!result) {
    const got = described('no result of a cell');
    const remedy = 'Name the result.json in the folder of a cell';
    throw new DataError({ where: resultPath, got, expected: `a file ${resultFileName}`, remedy });
  }
  const digests = recordedDigests(join(folder, eventsFileName));
  const weights = join(folder, weightsFileName);
  const kept = exists(weights) ? { weights } : {};
  if (digests.steps.size > 0) return { circumstances: result, digests, ...kept };
  throw new DataError({
    where: join(folder, eventsFileName),
    got: described('no digests of steps'),
    expected: 'those that training writes',
    remedy: 'Bring the event log of the cell back; a result of given weights, or of an older version, has none',
  });
}

/** @param last steps beyond this one are not compared */
export function compareRuns(
  names: Pick<Replay, 'recorded' | 'again'>,
  recorded: RecordedRun,
  again: RecordedRun,
  last?: number,
): Replay {
  const comparison = compareDigests(recorded.digests, again.digests, last);
  const engines = [recorded, again].map(({ circumstances: { plan } }) => plan.engine);
  return {
    proof: 'replay',
    ...names,
    comparison,
    weights: compareWeights(recorded.weights, again.weights),
    onGpu: comparison.step || comparison.tensor ? determinismNote(...engines) : null,
    circumstances: circumstanceDifferences(recorded.circumstances, again.circumstances),
  };
}

function compareWeights(recorded: string | undefined, again: string | undefined): WeightsComparison | null {
  if (recorded === undefined || again === undefined) return null;
  const [one, other] = [readOwnWeights(recorded).tensors, readOwnWeights(again).tensors];
  const all = tensorDifferences(one, other);
  const [first] = all;
  return { first: first ? { ...first, tensors: all.length } : null };
}

/** Whether something was compared and all of it was equal. */
export function replays({ comparison: { steps, step, tensor }, weights }: Replay): boolean {
  return steps > 0 && !step && !tensor && !weights?.first;
}

export function replayText(replay: Replay): string {
  const { comparison, circumstances, weights } = replay;
  const { steps, tensorSteps, step, tensor } = comparison;
  const lines = [`replay: ${replay.recorded} against ${replay.again}`];
  if (steps === 0) lines.push('no step was recorded by both');
  else if (!step && !tensor) {
    lines.push(`loss and gradient norm of ${steps} steps: equal to the bit`);
    lines.push(`every tensor after steps ${tensorSteps.join(', ') || '(none in both)'}: equal`);
  }
  if (tensor) {
    const others = tensor.differing > 1 ? `, the first of ${tensor.differing} of ${tensor.tensors}` : '';
    lines.push(`first tensor that differs: ${tensor.tensor} after step ${tensor.step}${others}`);
  }
  if (step) {
    const values = [step.recorded, step.again].map((one) => significant(one, 9)).join(' against ');
    lines.push(`first step that differs: ${step.step}, its ${step.of} by ${step.ulp} ulp (${values})`);
  }
  if (weights) lines.push(`weights at the end: ${weightsText(weights)}`);
  lines.push(
    circumstances.length === 0
      ? 'plan, machine, versions and code: the same'
      : `what else differs:\n${circumstances.map((one) => `  ${circumstanceText(one)}`).join('\n')}`,
  );
  if (replay.onGpu !== null) lines.push(`${replay.onGpu}.`);
  return lines.join('\n');
}

function weightsText({ first }: WeightsComparison): string {
  if (!first) return 'equal to the bit';
  return `${tensorDifferenceText(first)}${first.tensors > 1 ? `, the first of ${first.tensors} tensors` : ''}`;
}
