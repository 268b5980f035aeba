/**
 * @file Reads the configuration of a reference run: network, method, constants.
 *
 * It is given as the part of a plan from which a training step is built.
 */
import { isRecord } from '../../core/record.ts';
import type { AsRun } from '../../plan/types.ts';
import type { Curriculum, Network, Recipe, Teacher, Weighting } from '../../recipe/types.ts';
import { configNumber, configNumbers, malformedConfig, tensorOf, type ConformanceCase } from '../case.ts';
import { distanceOf, levelsOf } from '../networks/method-config.ts';
import { flaxLayout, torchLayout, type PackLayout } from '../networks/network-case.ts';
import { admNetworkOf, ncsnppNetworkOf } from '../networks/network-config.ts';

/** The part of a plan that a training step is made of. */
interface TrajectoryPlan {
  readonly recipe: Pick<Recipe, 'id' | 'method' | 'tuning' | 'levels' | 'network' | 'optimizer'>;
  readonly asRun: Pick<AsRun, 'steps' | 'batchImages' | 's0' | 's1' | 'samplingEmaDecay' | 'dropout'>;
}

export interface Trajectory {
  readonly plan: TrajectoryPlan;
  readonly layout: PackLayout;
  /** Steps of the pack; the run that the schedule is for may be longer. */
  readonly steps: number;
  /** Numbers of steps after which weights are compared. */
  readonly snapshots: readonly number[];
  /** Parameters that no comparison counts. */
  readonly undetermined: ReadonlySet<string>;
}

/** @throws MalformedCaseError naming the first value that this project has no computation for */
export function readTrajectory(reference: ConformanceCase): Trajectory {
  const number = (name: string): number => configNumber(reference, name);
  const { network, fourierScale, layout } = networkOf(reference);
  requirePublished(reference, network.kind);
  const images = tensorOf(reference, 'images');
  const [steps, batchImages] = [number('steps'), images.shape[1] ?? 0];
  if (reference.config.batch !== undefined && number('batch') !== batchImages)
    throw malformedConfig(reference, 'batch', `the ${batchImages} images of each step`);
  const curriculum = curriculumOf(reference);
  const samplingEmaDecay = number('samplingEmaDecay');
  const tuning = {
    steps: wholeFrom(reference, 'totalSteps', steps),
    batchImages,
    learningRate: number('learningRate'),
    dropout: 0,
    dropoutMaxResolution: null,
    fourierScale,
    samplingEmaDecay,
  };
  return {
    plan: {
      recipe: {
        id: reference.id,
        method: {
          teacher: teacherOf(reference),
          distance: distanceOf(reference, 3 * network.resolution ** 2),
          // The intervals are given: from what they were drawn changes nothing.
          noise: { kind: 'uniform' },
          curriculum,
          weighting: weightingOf(reference),
        },
        tuning,
        levels: levelsOf(reference),
        network,
        optimizer: {
          kind: 'radam',
          variant: choice(reference, 'radam', ['optax', 'torch']),
          beta1: number('beta1'),
          beta2: number('beta2'),
          epsilon: number('epsilon'),
        },
      },
      asRun: { steps: tuning.steps, batchImages, s0: curriculum.s0, s1: curriculum.s1, samplingEmaDecay },
    },
    layout,
    steps,
    snapshots: snapshotsOf(reference, steps),
    undetermined: parameterNames(reference, 'undetermined'),
  };
}

function networkOf(reference: ConformanceCase): {
  readonly network: Network;
  readonly fourierScale: number | null;
  readonly layout: PackLayout;
} {
  const kind = choice(reference, 'network', ['ncsnpp', 'adm']);
  const { layout } = reference.config;
  const images = isRecord(layout) ? layout.images : undefined;
  if (images !== undefined && images !== 'NHWC' && images !== 'NCHW')
    throw malformedConfig(reference, 'layout', 'images in the layout NHWC or NCHW');
  const own = kind === 'adm' ? torchLayout : flaxLayout;
  const imageAxes = { NHWC: flaxLayout.imageAxes, NCHW: torchLayout.imageAxes };
  const asStored = images === undefined ? own : { ...own, imageAxes: imageAxes[images] };
  if (kind === 'adm') return { network: admNetworkOf(reference), fourierScale: null, layout: asStored };
  return { ...ncsnppNetworkOf(reference), layout: asStored };
}

/** Facts of the published networks and of the published step, where the pack states them. */
function requirePublished(reference: ConformanceCase, kind: Network['kind']): void {
  const { config } = reference;
  const published = {
    ncsnpp: {
      conditioning: '0.25*ln(sigma)',
      groupNormEpsilon: 1e-6,
      groupNormGroups: 'min(C // 4, 32)',
    },
    adm: { conditioning: '1000*0.25*ln(sigma + 1e-44)', groupNormEpsilon: 1e-5, groupNormGroups: 32 },
  }[kind];
  for (const [name, value] of Object.entries({ ...published, dropout: 0, weightDecay: 0 })) {
    if (config[name] !== undefined && config[name] !== value)
      throw malformedConfig(reference, name, `${value}, as published`);
  }
  choice(reference, 'method', ['ct', 'ict']);
  parameterNames(reference, 'frozen');
  requireReduction(reference);
  requireOrder(reference);
}

/** Every distance of this project is one number per image, averaged over the batch. */
function requireReduction(reference: ConformanceCase): void {
  const { reduction, metric } = reference.config;
  if (reduction === undefined) return;
  const perImage =
    metric === 'pseudo-huber'
      ? /sum over all pixels and channels .*per image/
      : /mean over pixels and channels per image/;
  if (typeof reduction === 'string' && perImage.test(reduction) && reduction.endsWith('mean over the batch')) return;
  const expected =
    metric === 'pseudo-huber' ? 'the sum inside the root' : 'the mean over pixels and channels per image';
  throw malformedConfig(reference, 'reduction', `${expected}, then the mean over the batch`);
}

/** RAdam first, then both averages of the new weights. */
function requireOrder(reference: ConformanceCase): void {
  const { order } = reference.config;
  if (order === undefined) return;
  const lines = Array.isArray(order) ? order.map(String) : [];
  const update = lines.findIndex((line) => line.startsWith('RAdam'));
  const averages = lines.flatMap((line, at) => (/^(samplingEma|teacher) *<-/.test(line) ? [at] : []));
  const sound = averages.length > 0 && averages.every((at) => at > update && lines[at]!.includes('theta_new'));
  if (update < 0 || !sound) throw malformedConfig(reference, 'order', 'RAdam, then averages of the new weights');
}

function curriculumOf(reference: ConformanceCase): Curriculum {
  const kind = choice(reference, 'curriculum', ['square-root', 'doubling']);
  return { kind, s0: configNumber(reference, 's0'), s1: configNumber(reference, 's1') };
}

/** The pack describes the teacher in words; where it does not, the method decides. */
function teacherOf(reference: ConformanceCase): Teacher {
  const { teacher, method } = reference.config;
  const words = teacher ?? (method === 'ict' ? 'the student itself' : 'code convention');
  if (typeof words !== 'string') throw malformedConfig(reference, 'teacher', 'words');
  if (words.includes('the student itself')) return { kind: 'stop-gradient' };
  const formula = words.replaceAll(' ', '');
  const mu0 = configNumber(reference, 'mu0');
  if (words.includes('code convention') || formula.includes('/(N-1)')) return { kind: 'ema', mu0, convention: 'code' };
  if (words.includes('paper convention') || formula.includes('/N')) return { kind: 'ema', mu0, convention: 'paper' };
  throw malformedConfig(reference, 'teacher', 'the student itself, or a decay mu(k) by N - 1 (code) or N (paper)');
}

function weightingOf(reference: ConformanceCase): Weighting {
  const { weighting } = reference.config;
  const [word] = /^[a-z-]+/.exec(String(weighting)) ?? [];
  if (word === 'uniform' || word === 'one') return { kind: 'uniform' };
  if (word === 'inverse-gap') return { kind: 'inverse-gap' };
  throw malformedConfig(reference, 'weighting', 'uniform or inverse-gap');
}

function snapshotsOf(reference: ConformanceCase, steps: number): number[] {
  const snapshots = configNumbers(reference, 'snapshots');
  if (snapshots.every((n) => Number.isInteger(n) && n >= 1 && n <= steps)) return snapshots;
  throw malformedConfig(reference, 'snapshots', `numbers of steps from 1 to ${steps}`);
}

function parameterNames(reference: ConformanceCase, name: string): ReadonlySet<string> {
  const names = reference.config[name] ?? [];
  const known = (parameter: unknown): boolean => reference.tensors.has(`params/${String(parameter)}`);
  if (Array.isArray(names) && names.every(known)) return new Set(names.map(String));
  throw malformedConfig(reference, name, 'a list of names of parameters');
}

function wholeFrom(reference: ConformanceCase, name: string, least: number): number {
  const value = configNumber(reference, name);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw malformedConfig(reference, name, `a whole number from ${least}`);
}

function choice<const T extends string>(reference: ConformanceCase, name: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === reference.config[name]);
  if (found !== undefined) return found;
  throw malformedConfig(reference, name, `one of ${allowed.join(', ')}`);
}
