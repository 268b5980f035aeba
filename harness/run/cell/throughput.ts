/**
 * @file Measures the throughput of the compiled step and the sampler with tinybench.
 *
 * Each duration ends with a device synchronisation.
 */
import { Bench } from 'tinybench';
import type { Clock } from '../../core/clock.ts';
import { throughputOf, type Throughput } from '../../results/throughput.ts';
import { drawSamples, sampleBatchImages } from '../../evaluate/draw.ts';
import { measureWaiting, type FurtherSteps } from '../../train/watch/waiting.ts';
import type { CellWeights } from './cell-weights.ts';
import type { Cell } from './open-cell.ts';

interface Timed {
  readonly what: 'train' | 'sample';
  readonly nfe: number | null;
  readonly batchImages: number;
  /** Runs one iteration and returns only when the device has finished it. */
  readonly iteration: () => void;
}

/** Enough for a median, few enough for a full-size step on a CPU, which takes seconds. */
const leastIterations = 3;
const mostIterations = 50;
/** Stop earlier once so much time has been measured. */
const enoughMilliseconds = 10_000;
const warmupIterations = 1;

/** The speed of a training step at the batch of the plan, where there is one, with the share that it waits; and of each sampler. */
export async function measureSpeed(
  cell: Cell,
  { flat, furtherSteps }: CellWeights,
  samplers: readonly (readonly number[])[],
): Promise<Throughput[]> {
  const { batchImages, sampleImages } = cell.plan.asRun;
  const images = Math.min(sampleBatchImages, sampleImages);
  const measured: Throughput[] = [];
  if (furtherSteps) measured.push(await measureTraining(furtherSteps, batchImages, cell.clock));
  for (const sigmas of samplers) {
    const iteration = (): void => void drawSamples(cell, flat, { sigmas, images, draw: 0 });
    const timed: Timed = { what: 'sample', nfe: sigmas.length, batchImages: images, iteration };
    measured.push(await measureThroughput(timed, cell.clock));
  }
  return measured;
}

async function measureTraining(steps: FurtherSteps, batchImages: number, clock: Clock): Promise<Throughput> {
  let k = 0;
  const iteration = (): void => {
    const metrics = steps.begin(k++);
    metrics.dataSync();
    metrics.dispose();
  };
  const measured = await measureThroughput({ what: 'train', nfe: null, batchImages, iteration }, clock);
  const seconds = median(measured.iterationMilliseconds) / 1000;
  return { ...measured, waitingShare: measureWaiting(steps, seconds, leastIterations, clock) };
}

/** The upper one of two middle values. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Measures; raw durations are kept in the order in which they were taken. */
async function measureThroughput(timed: Timed, clock: Clock): Promise<Throughput> {
  const begun = clock.now();
  for (let i = 0; i < warmupIterations; i++) timed.iteration();
  const warmup = { iterations: warmupIterations, milliseconds: clock.now() - begun };
  const perIteration = warmup.milliseconds / warmupIterations;
  const iterations = Math.min(mostIterations, Math.max(leastIterations, Math.floor(enoughMilliseconds / perIteration)));
  const durations: number[] = [];
  // tinybench sorts the samples it keeps: the order is kept here, and it is told our durations.
  const bench = new Bench({ iterations, time: 0, warmup: false, throws: true });
  bench.add(timed.what, () => {
    const start = clock.now();
    timed.iteration();
    const overriddenDuration = clock.now() - start;
    durations.push(overriddenDuration);
    return { overriddenDuration };
  });
  await bench.run();
  return throughputOf({
    what: timed.what,
    nfe: timed.nfe,
    batchImages: timed.batchImages,
    iterationMilliseconds: durations,
    warmup,
  });
}
