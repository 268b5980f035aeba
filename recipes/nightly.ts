/** @file Nightly plan: every row with its group, unit, margin and budget, and what the rows work on. */
import type { Scale } from '../harness/recipe/scale.ts';
import { benchSizes } from './bench.ts';
import * as cifar10 from './cifar10.ts';
import * as imagenet64 from './imagenet64.ts';
import { papers } from './papers/index.ts';
import { scales } from './scales.ts';
import * as shapes from './shapes.ts';

const anywhere = { version: 1, quick: true, device: 'any' } as const;
const exact = { ...anywhere, kind: 'exact', unit: 'sha256', better: 'equal' } as const;
const training = { ...exact, group: 'training', budgetSeconds: 20, tolerance: 1e-4 } as const;
const count = { ...anywhere, kind: 'count', better: 'lower', group: 'counts', budgetSeconds: 15 } as const;
const speed = { ...anywhere, kind: 'speed', unit: 'ms', better: 'lower' } as const;
const memory = { ...anywhere, kind: 'memory', unit: 'bytes', better: 'lower' } as const;
const twin = { group: 'twin', budgetSeconds: 450 } as const;
const metrics = { group: 'metrics', budgetSeconds: 360 } as const;
const small = { quick: false, group: 'small', budgetSeconds: 420 } as const;
const full = { quick: false, group: 'full', device: 'gpu', budgetSeconds: 200 } as const;
/** Seeds that no recipe was tuned on. */
const seeds = [11, 12, 13, 14] as const;
const quality = {
  ...anywhere,
  kind: 'quality',
  better: 'lower',
  unit: 'fd-shapes',
  quick: false,
  margin: 0.1,
  budgetSeconds: 720,
  seeds,
} as const;

export const nightlyPlan = {
  schema: 'consistency-harness/nightly-plan@1',
  gate: {
    alphaFirst: 0.005,
    alphaConfirm: 0.01,
    confidence: 0.95,
    fewestPairs: 8,
    mostPairs: 40,
    narrowEnough: 0.5,
    seed: 1,
  },
  rows: [
    { ...training, id: 'exact-shapes-ct', title: 'First steps of shapes-ct, tiny: losses and state' },
    { ...training, id: 'exact-shapes-ict', title: 'First steps of shapes-ict, tiny: losses and state' },
    { ...training, id: 'exact-cifar10-ct', title: 'First steps of cifar10-ct, tiny: losses and state' },
    { ...training, id: 'exact-cifar10-ict', title: 'First steps of cifar10-ict, tiny: losses and state' },
    { ...training, id: 'exact-imagenet64-ct', title: 'First steps of imagenet64-ct, tiny, by class: losses and state' },
    {
      ...training,
      id: 'exact-imagenet64-ict',
      title: 'First steps of imagenet64-ict, tiny, by class: losses and state',
    },
    { ...training, id: 'exact-scores', title: 'Fréchet distance, KID and fd-shapes of fixed rows and images' },
    {
      ...exact,
      id: 'report-bytes',
      title: 'Every committed report, made again: bytes',
      group: 'files',
      budgetSeconds: 20,
      tolerance: 0,
    },
    { ...count, id: 'packages', title: 'Packages of the lock file', unit: 'packages', group: 'files' },
    { ...count, id: 'step-nodes', title: 'Nodes of the traced step, of every family', unit: 'nodes' },
    { ...count, id: 'step-flop', title: 'FLOP of a training image, of every family, tiny', unit: 'FLOP' },
    { ...count, id: 'step-handles', title: 'Native handles of a step, of every family', unit: 'handles' },
    { ...count, id: 'step-copies', title: 'Bytes between host and device in a step, of every family', unit: 'bytes' },
    { ...count, id: 'step-tensors', title: 'Most tensors alive in a step, of every family', unit: 'tensors' },
    { ...count, id: 'cell-files', title: 'Files of a finished cell', unit: 'files' },
    { ...count, id: 'cell-bytes', title: 'Bytes of the tensors that a finished cell keeps', unit: 'bytes' },
    { ...speed, ...twin, id: 'twin-step', title: 'Training step of the twin, batch 64', margin: 0.02 },
    { ...speed, ...twin, id: 'twin-first-call', title: 'First call of the step: tracing and running', margin: 0.05 },
    { ...speed, ...twin, id: 'twin-sample', title: 'One-step sampling of 250 images of the twin', margin: 0.03 },
    { ...memory, ...twin, id: 'twin-memory', title: 'Peak resident memory of training the twin', margin: 0.05 },
    { ...speed, ...metrics, id: 'features', title: 'Features of 2,000 images for fd-shapes', margin: 0.05 },
    { ...speed, ...metrics, id: 'frechet', title: 'Fréchet distance at 512 dimensions', margin: 0.05 },
    { ...speed, ...metrics, id: 'kid', title: 'KID of two subsets of 1,000 rows, 256 wide', margin: 0.05 },
    { ...speed, ...metrics, id: 'data-batch', title: 'Batch of 256 generated images', margin: 0.05 },
    {
      ...speed,
      id: 'command-start',
      title: 'Start of a command: the plan of the twin, printed',
      group: 'command',
      budgetSeconds: 180,
      margin: 0.05,
    },
    { ...speed, ...small, id: 'small-step', title: 'Training step of 7.1 M parameters, batch 16', margin: 0.02 },
    { ...speed, ...small, id: 'small-first-call', title: 'First call of that step', margin: 0.05 },
    { ...memory, ...small, id: 'small-memory', title: 'Peak resident memory of that step', margin: 0.05 },
    { ...speed, ...full, id: 'full-step', title: 'Training step of cifar10-ict, whole, batch 2', margin: 0.03 },
    { ...speed, ...full, id: 'full-first-call', title: 'First call of that step', margin: 0.05 },
    { ...memory, ...full, id: 'full-memory', title: 'Peak resident memory of that step', margin: 0.05 },
    { ...quality, id: 'quality-ct-nfe1', title: 'shapes-ct, short, one step', group: 'quality-ct' },
    { ...quality, id: 'quality-ct-nfe2', title: 'shapes-ct, short, two steps', group: 'quality-ct' },
    { ...quality, id: 'quality-ict-nfe1', title: 'shapes-ict, short, one step', group: 'quality-ict' },
    { ...quality, id: 'quality-ict-nfe2', title: 'shapes-ict, short, two steps', group: 'quality-ict' },
  ],
} as const;

/** A tenth of the twin: enough to tell a broken method from a sound one. */
const short: Scale = { ...scales.shapes.twin!, id: 'smoke', steps: 300, curvePoints: 1, checkpointEverySteps: 300 };

const families = {
  'shapes-ct': shapes.ct,
  'shapes-ict': shapes.ict,
  'cifar10-ct': cifar10.ct,
  'cifar10-ict': cifar10.ict,
  'imagenet64-ct': imagenet64.ct,
  'imagenet64-ict': imagenet64.ict,
} as const;

export const nightlyWork = {
  exact: Object.fromEntries(Object.entries(families).map(([name, recipe]) => [`exact-${name}`, recipe])),
  exactSteps: 12,
  counted: families,
  sizes: benchSizes,
  quality: {
    'quality-ct': { recipe: shapes.ct, scale: short },
    'quality-ict': { recipe: shapes.ict, scale: short },
  },
  papers,
} as const;
