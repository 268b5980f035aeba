/** @file Computes and measures what a check asks of one device: sums, random words, steps, rates. */
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { sha256 } from '../../core/hash.ts';
import { isOutOfMemory } from '../../core/out-of-memory.ts';
import { compile } from '../../engine/compile/compile.ts';
import { measurePeaks } from '../../engine/engine.ts';
import { disposeTree, randomKey, randomUniform } from '../../engine/ops.ts';
import { parameterLayout } from '../../network/flat.ts';
import { buildNetwork } from '../../network/network.ts';
import { costOf } from '../../plan/cost.ts';
import { readPlan } from '../../plan/plan-file.ts';
import type { Plan } from '../../plan/types.ts';
import { Sampler } from '../../sample/sampler.ts';
import { pseudoHuberDistance } from '../../train/distance/distance.ts';
import { initialState } from '../../train/state.ts';
import type { StepMetrics, TrainState } from '../../train/step.ts';
import { measureWaiting, medianSeconds } from '../../train/watch/waiting.ts';
import { audible } from '../inputs.ts';
import { ShapesFeatureExtractor } from '../../metrics/features/shapes-classifier.ts';
import { peakResidentBytes } from '../../system/process/resident-memory.ts';
import { inceptionSpeed, type InceptionJob } from './inception-speed.ts';
import type { PassTaken } from './largest-pass.ts';
import { extractorFacts } from '../subjects/features-subject.ts';
import { openedStep } from '../subjects/opened-step.ts';
import { devices, type Device } from '../../core/device.ts';

export interface ProbeJob {
  readonly device: Device;
  readonly tf32: boolean;
  readonly deterministic: boolean;
  /** Name -> path of a plan whose first steps are taken. */
  readonly steps: Readonly<Record<string, string>>;
  /** Plans whose speed is measured, in growing order; what follows the first that does not fit is left out. */
  readonly speeds: readonly string[];
  /** Rates are measured where it is given: a plan whose network samples, how many images at once, and the Inception features. */
  readonly sampling?: { readonly plan: string; readonly images: number; readonly inception: InceptionJob };
}

/** A step that is taken to see whether it fits. */
export interface PassJob {
  readonly device: Device;
  readonly tf32: boolean;
  readonly deterministic: boolean;
  /** The plan's path. */
  readonly pass: string;
}

const number = z.number();
const stepTakenSchema = z.strictObject({
  losses: z.array(number),
  /** sha256 of the weights after the last step. */
  weightsSha256: z.string(),
  /** Of the last step: the first one compiles. */
  seconds: number,
});
const speedSchema = z.strictObject({
  recipe: z.string(),
  batchImages: number,
  /** Median of a step; null: the batch did not fit. */
  seconds: number.nullable(),
  flopsPerSecond: number.nullable(),
  /** Share of a step, as training takes it, in which the device waits for its input. */
  waitingShare: number.nullable(),
});
export const probeAnswerSchema = z.strictObject({
  device: z.enum(devices),
  tensorflow: z.string(),
  convolution: z.array(number),
  xlaConvolution: z.array(number),
  product: z.array(number),
  wordsSha256: z.string(),
  steps: z.record(z.string(), stepTakenSchema),
  speeds: z.array(speedSchema),
  rates: z
    .strictObject({
      convolutionFlopsPerSecond: number,
      productFlopsPerSecond: number,
      copyBytesPerSecond: number,
      samplesPerSecond: number,
      featureImagesPerSecond: number,
      inceptionImagesPerSecond: number,
      /** Of the Inception graph: its work is the same. */
      inceptionWeights: z.enum(['published', 'random']),
    })
    .nullable(),
});

export const passTakenSchema = z.strictObject({ taken: z.boolean(), residentBytes: number.nullable() });

export type StepTaken = Readonly<z.infer<typeof stepTakenSchema>>;
export type Speed = Readonly<z.infer<typeof speedSchema>>;
export type ProbeAnswer = Readonly<z.infer<typeof probeAnswerSchema>>;

/**
 * The job, done on the loaded engine.
 * @param tensorflow its version
 */
export async function probe(job: ProbeJob, tensorflow: string, clock: Clock): Promise<ProbeAnswer> {
  const steps: Record<string, StepTaken> = {};
  for (const [name, path] of Object.entries(job.steps)) steps[name] = takeSteps(readPlan(path), clock);
  return {
    device: job.device,
    tensorflow,
    convolution: convolution(),
    xlaConvolution: convolution(true),
    product: product(),
    wordsSha256: words(),
    steps,
    speeds: speedsOf(job.speeds.map(readPlan), clock),
    rates: job.sampling ? await ratesOf(job.sampling, clock) : null,
  };
}

/** Takes the steps of one plan: the first compiles, the second finds the memory as the first left it. */
export function takePass(plan: Plan, clock: Clock): PassTaken {
  const taken = fitting(() => takeSteps(plan, clock)) !== null;
  return { taken, residentBytes: peakResidentBytes() };
}

/** @returns null: the device or the process had not the memory */
function fitting<T>(work: () => T): T | null {
  try {
    return work();
  } catch (thrown) {
    if (isOutOfMemory(thrown)) return null;
    throw thrown;
  }
}

/** Numbers in [-1, 1) that every device is given alike. */
function spread(shape: readonly number[], phase: number): tf.Tensor {
  const golden = (Math.sqrt(5) - 1) / 2;
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => 2 * (((i + phase) * golden) % 1) - 1),
    [...shape],
  );
}

function convolution(xla = false): number[] {
  const f = compile(
    (x: tf.Tensor, kernel: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same'),
    { name: 'check_convolution', xla },
  );
  const values = tf.tidy(() => f(spread([2, 8, 8, 64], 1), spread([3, 3, 64, 8], 2)).dataSync<'float32'>());
  f.dispose();
  return [...values];
}

function product(): number[] {
  return [
    ...tf.tidy(() =>
      tf.matMul(spread([16, 512], 3) as tf.Tensor2D, spread([512, 16], 4) as tf.Tensor2D).dataSync<'float32'>(),
    ),
  ];
}

function words(): string {
  return tf.tidy(() => {
    const values = randomUniform([1 << 16], randomKey(3, 'noise', 5)).dataSync<'float32'>();
    return sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  });
}

function openPlan(plan: Plan) {
  const { method } = plan.recipe;
  if (method.distance.kind !== 'pseudo-huber') throw new RangeError(`a recipe of iCT, not ${plan.recipe.id}`);
  const { parameters } = buildNetwork(plan.recipe, plan.engine);
  const state = (): TrainState => initialState(plan.recipe, parameterLayout(audible(parameters)), plan.seed);
  const { step, inputs, begin } = openedStep(plan, pseudoHuberDistance(method.distance.cPerSqrtDim), { state });
  const take = (k: number): number => lossIn(begin(k));
  return { step, inputs, begin, take };
}

function lossIn(metrics: StepMetrics): number {
  const loss = metrics.dataSync<'float32'>()[0]!;
  metrics.dispose();
  return loss;
}

/** The first one compiles. */
const stepsTaken = 2;

function takeSteps(plan: Plan, clock: Clock): StepTaken {
  const { step, take } = openPlan(plan);
  const losses: number[] = [];
  let seconds = NaN;
  for (let k = 0; k < stepsTaken; k++) {
    const begun = clock.now();
    losses.push(take(k));
    seconds = (clock.now() - begun) / 1000;
  }
  const state = step.read();
  const weights = state.parameters.dataSync<'float32'>();
  const weightsSha256 = sha256(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
  disposeTree(state);
  step.dispose();
  return { losses, weightsSha256, seconds };
}

/** Steps whose median counts, after one that compiles. */
const stepsTimed = 3;

function speedsOf(plans: readonly Plan[], clock: Clock): Speed[] {
  const speeds: Speed[] = [];
  const full = new Set<string>();
  for (const plan of plans) {
    const { id: recipe } = plan.recipe;
    const { batchImages } = plan.asRun;
    if (full.has(recipe)) continue;
    const timed = timedSteps(plan, clock);
    if (timed === null) {
      full.add(recipe);
      speeds.push({ recipe, batchImages, seconds: null, flopsPerSecond: null, waitingShare: null });
      continue;
    }
    const flopsPerSecond = (batchImages * costOf(plan).flopPerTrainImage) / timed.seconds;
    speeds.push({ recipe, batchImages, flopsPerSecond, ...timed });
  }
  return speeds;
}

/** @returns null: the batch did not fit */
function timedSteps(plan: Plan, clock: Clock): { readonly seconds: number; readonly waitingShare: number } | null {
  return fitting(() => {
    const { step, inputs, begin, take } = openPlan(plan);
    take(0);
    const seconds = medianSeconds(stepsTimed, clock, (k) => void take(k + 1));
    const waitingShare = measureWaiting({ inputs, begin }, seconds, stepsTimed, clock);
    step.dispose();
    return { seconds, waitingShare };
  });
}

const copyNumbers = 1 << 24;
/** Of the images of shapes. */
const plainSide = 16;

async function ratesOf(
  { plan, images, inception }: NonNullable<ProbeJob['sampling']>,
  clock: Clock,
): Promise<ProbeAnswer['rates']> {
  const [convolutions, products] = measurePeaks(clock);
  const source = tf.zeros([copyNumbers]);
  const copy = (): void => {
    const sum = tf.tidy(() => tf.slice(tf.add(source, source), 0, 1));
    sum.dataSync();
    sum.dispose();
  };
  copy();
  const copySeconds = medianSeconds(5, clock, copy);
  source.dispose();
  const extractor = await ShapesFeatureExtractor.open();
  const { images: featureImages } = extractorFacts(null);
  const bytes = new Uint8Array(featureImages * plainSide ** 2 * 3);
  const features = (): void => void extractor.extract(bytes, plainSide, plainSide);
  features();
  return {
    convolutionFlopsPerSecond: convolutions!.flopsPerSecond,
    productFlopsPerSecond: products!.flopsPerSecond,
    // Read twice, written once.
    copyBytesPerSecond: (3 * 4 * copyNumbers) / copySeconds,
    samplesPerSecond: images / sampleSeconds(readPlan(plan), images, clock),
    featureImagesPerSecond: featureImages / medianSeconds(3, clock, features),
    inceptionImagesPerSecond: await inceptionSpeed(inception, (call) => {
      call();
      return medianSeconds(3, clock, call);
    }),
    inceptionWeights: inception.graph === null ? 'random' : 'published',
  };
}

function sampleSeconds(plan: Plan, images: number, clock: Clock): number {
  const { recipe, engine, seed } = plan;
  const { network, parameters } = buildNetwork(recipe, engine);
  const layout = parameterLayout(parameters);
  const { mode, precision, xla } = engine;
  const sampler = new Sampler({ recipe, layout, network, batchImages: images, mode, precision, xla });
  const state = initialState(recipe, layout, seed);
  const sigmas = [recipe.levels.sigmaMax];
  const { clip } = recipe.sampling;
  const sample = (k: number): void => {
    sampler.sample(state.parameters, { seed, firstImage: k * images, images, sigmas, clip });
  };
  sample(0);
  const seconds = medianSeconds(3, clock, sample);
  disposeTree(state);
  return seconds;
}
