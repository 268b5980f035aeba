/**
 * @file How much of a recipe is run, per data set. A scale never edits a recipe: plan and report print both.
 *
 * Steps and batches of `hour` and `night` are sized for about one hour and about ten hours of one data-centre GPU at 25 TFLOP/s
 * sustained (9e16 FLOP per hour), by the FLOP per image that `harness/plan/cost.ts` counts. Three rules hold throughout:
 * the sampling average has a half-life of 2 to 3 % of the run, as published (CT 0.9 %, iCT 2.5 %); the number of intervals grows with
 * the length of the run, since longer chains than a run can teach make both methods worse; batches stay as large as the length allows.
 */
import type { Scale, ScaleId } from '../harness/recipe/scale.ts';
import type { DatasetId } from '../harness/recipe/types.ts';

/**
 * The published run, whole. 50,000 samples are what published FIDs are made of, and EDM's rule reports the least of three draws of them;
 * the curve is scored on fewer.
 */
const paper: Scale = {
  id: 'paper',
  steps: null,
  batchImages: null,
  maxIntervals: null,
  samplingEmaDecay: null,
  sampleImages: 50_000,
  draws: 3,
  curveImages: 10_000,
  curvePoints: 40,
  checkpointEverySteps: 10_000,
};

export const scales: Readonly<Record<DatasetId, Readonly<Partial<Record<ScaleId, Scale>>>>> = {
  shapes: {
    // Every stage of the pipeline in under a minute of one core; two stages of the doubling curriculum.
    smoke: {
      id: 'smoke',
      steps: 40,
      batchImages: 16,
      maxIntervals: 20,
      samplingEmaDecay: 0.9,
      sampleImages: 128,
      curveImages: 64,
      curvePoints: 2,
      checkpointEverySteps: 20,
    },
    // The recipes of shapes are written for this length: nothing is cut.
    twin: {
      id: 'twin',
      steps: null,
      batchImages: null,
      maxIntervals: null,
      samplingEmaDecay: null,
      sampleImages: 2_000,
      curveImages: 1_000,
      curvePoints: 8,
      checkpointEverySteps: 500,
    },
  },
  cifar10: {
    // Does the full-size network train, sample and get scored here? A few minutes without a GPU; the numbers mean nothing.
    smoke: {
      id: 'smoke',
      steps: 8,
      batchImages: 4,
      maxIntervals: 20,
      samplingEmaDecay: 0.9,
      sampleImages: 16,
      curveImages: 8,
      curvePoints: 1,
      checkpointEverySteps: 4,
    },
    // 384,000 images: 6.5e16 FLOP of iCT, 1.0e17 of CT (with LPIPS).
    hour: {
      id: 'hour',
      steps: 3_000,
      batchImages: 128,
      maxIntervals: 40,
      samplingEmaDecay: 0.99,
      sampleImages: 10_000,
      curveImages: 2_000,
      curvePoints: 6,
      checkpointEverySteps: 500,
    },
    // 3.84 million images: 6.5e17 FLOP of iCT, 1.0e18 of CT; scored on the full 50,000.
    night: {
      id: 'night',
      steps: 15_000,
      batchImages: 256,
      maxIntervals: 80,
      samplingEmaDecay: 0.998,
      sampleImages: 50_000,
      curveImages: 5_000,
      curvePoints: 10,
      checkpointEverySteps: 500,
    },
    paper,
  },
  imagenet64: {
    // As on CIFAR-10 with a network ten times as dear per image.
    smoke: {
      id: 'smoke',
      steps: 4,
      batchImages: 2,
      maxIntervals: 20,
      samplingEmaDecay: 0.9,
      sampleImages: 8,
      curveImages: 4,
      curvePoints: 1,
      checkpointEverySteps: 2,
    },
    // 102,400 images: 9.0e16 FLOP of iCT, 9.9e16 of CT.
    hour: {
      id: 'hour',
      steps: 800,
      batchImages: 128,
      maxIntervals: 20,
      samplingEmaDecay: 0.97,
      sampleImages: 10_000,
      curveImages: 1_000,
      curvePoints: 4,
      checkpointEverySteps: 200,
    },
    // 1.02 million images, eight tenths of one pass over the data: 9.0e17 FLOP of iCT, 9.9e17 of CT.
    night: {
      id: 'night',
      steps: 4_000,
      batchImages: 256,
      maxIntervals: 40,
      samplingEmaDecay: 0.993,
      sampleImages: 50_000,
      curveImages: 2_000,
      curvePoints: 8,
      checkpointEverySteps: 200,
    },
    paper,
  },
};
