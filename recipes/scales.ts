/**
 * @file Scales per data set: how much of a recipe is run.
 *
 * A scale never edits a recipe: plan and report print both.
 *
 * `hour` and `night` are sized for one and ten hours of one data-centre GPU at 25 TFLOP/s sustained (9e16 FLOP per hour) for the whole
 * command, both methods at the seeds of `usualSeeds`, by the FLOP per image that `harness/plan/cost.ts` counts. 25 TFLOP/s is cautious:
 * ECT trains the same pattern of student and teacher at 48 on an A100 (locuslab/ect README, 1.024 million images in its hour).
 * Rules, with the numbers that they give:
 *
 * - Three seeds that are short rather than one that is long, since one seed lets nothing be compared; where even that would be less than
 *   a tenth of an epoch (imagenet64 at `hour`) one seed, and the run compares nothing.
 * - CT: the last stage outlasts five half-lives of the teacher (`taughtIntervals`): s1 11 at 1,000 steps, 24 at 5,000 on CIFAR-10, where
 *   the published 150 and 200 stay below the bound at the published length. With s1 40 at 3,000 steps the teacher's half-life, 132 steps,
 *   was as long as the last stage, 144: it never arrived on the grid that it teaches.
 * - iCT: no stage of the doubling curriculum is shorter than 400 steps.
 * - The sampling average has the published share of the run as its half-life, method by method: CT 0.9 %, iCT 2.5 % (CIFAR-10).
 * - No dropout below a hundred epochs: iCT uses it against learning the training set by heart, which so short a run cannot do.
 */
import type { Catalogue } from '../harness/recipe/catalogue.ts';
import type { Scale } from '../harness/recipe/scale.ts';

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

export const scales: Catalogue['scales'] = {
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
    // Every recipe between CT and iCT, alike: a sixth of the twin's images, in small batches, since steps teach more here than images. Both
    // curricula fit uncut: CT's last stage outlasts 5.4 half-lives of its teacher, and each of iCT's four has 500 steps.
    ladder: {
      id: 'ladder',
      steps: 2_000,
      batchImages: 16,
      maxIntervals: null,
      samplingEmaDecay: 'same-share',
      sampleImages: 2_000,
      curveImages: 500,
      curvePoints: 4,
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
    // Per cell 64,000 images, 1.3 epochs: 1.1e16 FLOP of iCT, 1.7e16 of CT; six cells 8.3e16, their samples 1e16.
    hour: {
      id: 'hour',
      steps: 1_000,
      batchImages: 64,
      maxIntervals: 20,
      teacherHalfLives: 5,
      samplingEmaDecay: 'same-share',
      dropout: 0,
      sampleImages: 10_000,
      curveImages: 2_000,
      curvePoints: 4,
      checkpointEverySteps: 250,
    },
    // Per cell 640,000 images, 12.8 epochs: 1.1e17 FLOP of iCT, 1.7e17 of CT; six cells 8.3e17, their samples 8e16, the full 50,000.
    night: {
      id: 'night',
      steps: 5_000,
      batchImages: 128,
      maxIntervals: 80,
      teacherHalfLives: 5,
      samplingEmaDecay: 'same-share',
      dropout: 0,
      sampleImages: 50_000,
      curveImages: 5_000,
      curvePoints: 8,
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
    // Per cell 51,200 images, 0.04 epochs: 4.5e16 FLOP of iCT, 5.0e16 of CT; one seed of each. A proof of the path and of its speed.
    hour: {
      id: 'hour',
      steps: 400,
      batchImages: 128,
      maxIntervals: 10,
      teacherHalfLives: 5,
      samplingEmaDecay: 'same-share',
      dropout: 0,
      sampleImages: 5_000,
      curveImages: 500,
      curvePoints: 2,
      checkpointEverySteps: 100,
    },
    // Per cell 166,400 images, 0.13 epochs: 1.5e17 FLOP of iCT, 1.6e17 of CT; six cells 9.2e17.
    night: {
      id: 'night',
      steps: 1_300,
      batchImages: 128,
      maxIntervals: 20,
      teacherHalfLives: 5,
      samplingEmaDecay: 'same-share',
      dropout: 0,
      sampleImages: 10_000,
      curveImages: 1_000,
      curvePoints: 4,
      checkpointEverySteps: 100,
    },
    paper,
  },
};

/** The seeds of a command that names none: three where a comparison is what the scale is for (none that recipes were tuned on), else one. */
export const usualSeeds: Catalogue['usualSeeds'] = {
  shapes: { smoke: [0], twin: [1, 2, 3] },
  cifar10: { smoke: [0], hour: [0, 1, 2], night: [0, 1, 2], paper: [0] },
  imagenet64: { smoke: [0], hour: [0], night: [0, 1, 2], paper: [0] },
};
