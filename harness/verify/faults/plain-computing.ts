/**
 * @file Training step, sampler and scorer that are fast, true functions of state and key.
 *
 * They stand in the place of the engine's.
 */
import * as tf from '@tensorflow/tfjs-core';
import { sha256 } from '../../core/hash.ts';
import type { Engine } from '../../engine/engine.ts';
import { disposeTree } from '../../engine/ops.ts';
import type { OpenScorer, Scorer } from '../../evaluate/scorer.ts';
import type { MeasuredScore } from '../../metrics/measurement.ts';
import { flattenHost } from '../../network/flat.ts';
import { sizeOf } from '../../network/parameter.ts';
import type { Computing } from '../../run/cell/cell-options.ts';
import type { StepInputs, StepMetrics, TrainState } from '../../train/step.ts';

/** Everything that a step reads alters everything that it writes, so that whatever is lost or repeated shows in the end. */
export const plainComputing: Computing = {
  openStep: (_plan, { state: initial, layout }) => {
    // Rows are filled up with zeros, which no gradient reaches and no checkpoint keeps.
    const filled = flattenHost(layout, ({ shape }) => new Float32Array(sizeOf(shape)).fill(1));
    let state = mapState(initial, (values) => values.slice());
    disposeTree(initial);
    return {
      run: (inputs) => {
        const [next, metrics] = stepped(state, inputs, filled);
        state = next;
        return metrics;
      },
      read: () => tensorsOf(state),
      dispose: () => undefined,
    };
  },
  openSampler: ({ recipe: { network } }) => ({
    sample: (flat, { seed, firstImage, images, sigmas }) => {
      const weights = flat.dataSync<'float32'>();
      const imageNumbers = network.resolution ** 2 * 3;
      return Float32Array.from({ length: images * imageNumbers }, (_, i) => {
        const n = firstImage * imageNumbers + i;
        return Math.sin(weights[n % weights.length]! * 7 + n * 0.37 + seed + sigmas.length);
      });
    },
    dispose: () => undefined,
  }),
};

/** Facts of an engine that is not there. */
export const noEngine = {
  tensorflowVersion: 'none',
  tfjsVersion: 'none',
  device: 'cpu',
  devices: [],
  threads: 1,
  binding: null as never,
} satisfies Engine;

export const openPlainScorer: OpenScorer = () => Promise.resolve({ kind: 'open', scorer });

const scorer: Scorer = {
  followed: (samples) => ({ metric: 'fd-shapes', identity: identityOf(samples) }),
  score: (images) => Promise.resolve(measured(images)),
  scoreFully: (images) => Promise.resolve({ scores: [measured(images)], warnings: [] }),
  floor: () => Promise.resolve(null),
  close: () => undefined,
};

type HostState = Readonly<Record<'parameters' | 'firstMoment' | 'secondMoment' | 'samplingEma', Float32Array>> & {
  readonly teacher: Float32Array | null;
  readonly shape: [number, number];
};

function mapState(state: TrainState, change: (values: Float32Array) => Float32Array): HostState {
  const of = (tensor: tf.Tensor): Float32Array => change(tensor.dataSync<'float32'>());
  return {
    parameters: of(state.parameters),
    firstMoment: of(state.firstMoment),
    secondMoment: of(state.secondMoment),
    samplingEma: of(state.samplingEma),
    teacher: state.teacher && of(state.teacher),
    shape: state.parameters.shape as [number, number],
  };
}

function tensorsOf({ shape, teacher, ...rest }: HostState): TrainState {
  const tensor = (values: Float32Array): tf.Tensor => tf.tensor2d(values.slice(), shape);
  return {
    parameters: tensor(rest.parameters),
    firstMoment: tensor(rest.firstMoment),
    secondMoment: tensor(rest.secondMoment),
    samplingEma: tensor(rest.samplingEma),
    teacher: teacher && tensor(teacher),
  };
}

function stepped(state: HostState, inputs: StepInputs, filled: Float32Array): [HostState, StepMetrics] {
  const key = 'key' in inputs.noise ? inputs.noise.key.dataSync()[0]! : 0;
  const image = inputs.images.dataSync()[0]! + inputs.levelTable.dataSync()[0]!;
  const { length } = state.parameters;
  const next = {
    parameters: new Float32Array(length),
    firstMoment: new Float32Array(length),
    secondMoment: new Float32Array(length),
    samplingEma: new Float32Array(length),
    teacher: state.teacher && new Float32Array(length),
    shape: state.shape,
  };
  let loss = 0;
  for (let i = 0; i < length; i++) {
    if (filled[i] === 0) continue;
    const drawn = (((key >>> (i % 16)) ^ i) & 0xff) / 256;
    const target = state.teacher?.[i] ?? state.parameters[i]!;
    const gradient = 0.1 * target + 0.01 * (drawn + image) + 0.001 * state.samplingEma[i]!;
    const first = 0.9 * state.firstMoment[i]! + 0.1 * gradient;
    const second = 0.99 * state.secondMoment[i]! + 0.01 * gradient * gradient;
    next.firstMoment[i] = first;
    next.secondMoment[i] = second;
    next.parameters[i] = state.parameters[i]! - (0.01 * first) / (1 + second);
    next.samplingEma[i] = 0.9 * state.samplingEma[i]! + 0.1 * next.parameters[i]!;
    if (next.teacher) next.teacher[i] = 0.5 * state.teacher![i]! + 0.5 * next.parameters[i]!;
    loss += gradient * gradient;
  }
  return [next, tf.tensor1d([loss, Math.sqrt(loss)])];
}

function measured(images: Uint8Array): MeasuredScore {
  const samples = images.length / 768;
  const value = images.reduce((sum, byte) => sum + byte, 0) / images.length;
  return { metric: 'fd-shapes', value, spread: null, clamped: 0, details: {}, identity: identityOf(samples) };
}

function identityOf(samples: number): MeasuredScore['identity'] {
  return {
    samples,
    extractor: 'mean-of-bytes',
    extractorSha256: sha256('mean of bytes'),
    resize: 'none',
    reference: null,
    referenceSha256: null,
    referenceImages: null,
    batchImages: 1,
    dtype: 'float64',
    device: 'cpu',
  };
}
