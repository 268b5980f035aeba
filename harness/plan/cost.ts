/** @file Estimates the cost of a plan: images, FLOP, device time, memory, disk. */
import { datasets } from '../recipe/dataset.ts';
import type { Recipe } from '../recipe/types.ts';
import { activationBytes } from '../network/activations.ts';
import { countNetwork, distanceWork, type NetworkCount } from '../network/count.ts';
import { drawsOf } from './resolve.ts';
import type { Plan } from './types.ts';

/** What a device sustains on convolutions and matrix products of this kind. */
export interface Calibration {
  readonly flopsPerSecond: number;
  /** The device in words. */
  readonly device: string;
  /** When it was measured, where it is kept since: ISO 8601. */
  readonly measured?: string;
  /** Where the rate comes from; absent: measured on the device. */
  readonly basis?: RateBasis;
}

type RateBasis =
  /** From figures of data sheets; FLOP per second between which the rate is expected. */
  { readonly kind: 'estimated'; readonly low: number; readonly high: number } | { readonly kind: 'given' };

export interface Cost {
  readonly network: NetworkCount;
  /** Images that the student is trained on, with repetition. */
  readonly trainImages: number;
  readonly flopPerTrainImage: number;
  readonly trainFlop: number;
  /** Images generated in all: by one-step and two-step sampling, in every draw at the end and at every point of the curve. */
  readonly generatedImages: number;
  readonly sampleFlop: number;
  /** Seconds of one device for training and sampling at the calibrated rate; null without a calibration. Scoring is not counted. */
  readonly deviceSeconds: number | null;
  readonly bytes: {
    readonly parameters: number;
    readonly gradients: number;
    /** RAdam's two moments. */
    readonly optimizer: number;
    readonly samplingEma: number;
    /** The teacher's own weights; 0 where the teacher is the student. */
    readonly teacher: number;
    /** Estimate: what one micro-batch keeps for its backward pass. */
    readonly activations: number;
    /** What the end of a step takes beside the state: the parts of the gradient, the whole that they are joined to, the new state. */
    readonly update: number;
    /** What the process holds before it has a tensor, on a CPU; 0 on a GPU, whose memory it does not take. */
    readonly runtime: number;
    /** Estimate: the most that is held at once; on a CPU by the whole process, on a GPU on the device. */
    readonly peak: number;
    readonly checkpoint: number;
    readonly dataset: number;
    /** Final samples of both samplers, uint8. */
    readonly samples: number;
  };
  readonly checkpoints: number;
}

/** Resident memory of Node.js with TensorFlow loaded, measured on Linux. */
const runtimeBytes = 450 * 2 ** 20;

/** The samplers that every score is computed for: one step, and two. */
const samplerEvaluations = [1, 2] as const;

/**
 * The cost of a plan. One training image costs the student's forward and backward pass (three forward passes; four when activations are
 * computed again), one forward pass of the teacher and, where the distance looks through a network, three passes of that; one multiply-add is two FLOP.
 * @param calibration the engine's measured rate; without it there are no device seconds
 */
export function costOf(plan: Plan, calibration?: Calibration): Cost {
  const { recipe, asRun, engine } = plan;
  const network = countNetwork(recipe.network);
  const distanceMacs = distanceWork[recipe.method.distance.kind].macs;
  const trainImages = plan.weights ? 0 : asRun.steps * asRun.batchImages;
  const flopPerTrainImage = 2 * ((engine.recompute ? 5 : 4) * network.macs + 3 * distanceMacs);
  const curveImages = plan.weights ? 0 : asRun.curveImages * asRun.curveSteps.length;
  const scoredImages = asRun.sampleImages * drawsOf(plan) + curveImages;
  const evaluations = samplerEvaluations.reduce((total, nfe) => total + nfe, 0);
  const trainFlop = trainImages * flopPerTrainImage;
  const sampleFlop = scoredImages * evaluations * 2 * network.macs;
  return {
    network,
    trainImages,
    flopPerTrainImage,
    trainFlop,
    generatedImages: scoredImages * samplerEvaluations.length,
    sampleFlop,
    deviceSeconds: calibration ? (trainFlop + sampleFlop) / calibration.flopsPerSecond : null,
    bytes: bytesOf(plan, network),
    checkpoints: plan.weights ? 0 : Math.ceil(asRun.steps / asRun.checkpointEverySteps),
  };
}

/** The most that the folder of a cell holds: two checkpoints and a third that is being written, and the weights; grids and logs are small. */
export function folderBytes(plan: Plan): number {
  const { checkpoint, parameters } = costOf(plan).bytes;
  return plan.weights ? 0 : 3 * checkpoint + parameters;
}

function bytesOf({ recipe, asRun, engine, weights }: Plan, network: NetworkCount): Cost['bytes'] {
  const parameters = 4 * network.parameters;
  const imageBytes = recipe.network.resolution ** 2 * 3;
  const samples = samplerEvaluations.length * asRun.sampleImages * imageBytes;
  const runtime = engine.device === 'cpu' ? runtimeBytes : 0;
  if (weights) {
    const none = {
      gradients: 0,
      optimizer: 0,
      samplingEma: 0,
      teacher: 0,
      activations: 0,
      update: 0,
      checkpoint: 0,
      dataset: 0,
    };
    return { ...none, parameters, runtime, peak: runtime + parameters, samples };
  }
  const { state, update, ...held } = trainingBytes(recipe, network);
  const activations = engine.microBatchImages * activationBytes(recipe, engine);
  return {
    ...held,
    activations,
    update,
    runtime,
    peak: runtime + state + Math.max(held.gradients + activations, update),
    checkpoint: state,
    dataset: (datasets[recipe.data.dataset].trainImages ?? 0) * imageBytes,
    samples,
  };
}

/** Bytes that training holds whatever the images per pass; `state` is what a checkpoint holds, `update` what the end of a step adds to it. */
export function trainingBytes(recipe: Recipe, network: NetworkCount = countNetwork(recipe.network)) {
  const parameters = 4 * network.parameters;
  const teacher = recipe.method.teacher.kind === 'ema' ? parameters : 0;
  const [gradients, optimizer, samplingEma] = [parameters, 2 * parameters, parameters];
  const state = parameters + optimizer + samplingEma + teacher;
  return { parameters, gradients, optimizer, samplingEma, teacher, state, update: 2 * gradients + state };
}
