/**
 * @file Forward pass of the ADM U-Net (ImageNet 64x64), as a pure function.
 *
 * It takes parameters, image, noise embedding and label, and returns an image. Source: openai/consistency_models `cm/unet.py`, `cm/nn.py`
 * at e32b69e. Deviation: none known; in the precision of the step (harness/engine/step-precision.ts), where the released training runs the
 * convolutions of all blocks in half precision.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { AdmArchitecture, AdmAttention, AdmBlock, AdmStep } from './modules.ts';
import { inStepPrecision, lookUp } from '../../engine/ops.ts';
import { attention, convolution, dense, swish, unitRootMeanSquare, type Joined } from '../layers.ts';
import { NetworkPass, type PassOptions } from '../pass.ts';
import { averagePool, repeatPixels } from '../resample.ts';

/** torch's default; flax has 1e-6. */
const epsilon = 1e-5;
const groups = 32;
/** The slowest sinusoid has this period, in units of the noise embedding. */
const maxPeriod = 10_000;

/**
 * F(x, c, y): the network inside the consistency function.
 * @param x float32[B,H,W,3], already multiplied by c_in
 * @param noise float32[B]: c_noise = 250 ln(sigma)
 * @param labels int32[B], or null where the network takes none
 * @returns float32[B,H,W,3]
 */
export function adm(
  architecture: AdmArchitecture,
  pass: PassOptions,
  x: tf.Tensor,
  noise: tf.Tensor,
  labels: tf.Tensor | null,
): tf.Tensor {
  const run = new ForwardPass(architecture, pass);
  const embedding = swish(run.embed(noise, labels));
  let h = run.seen('input_blocks.0', run.convolve('input_blocks.0.0', x));
  const skips = [h];
  for (const step of architecture.encoder) {
    h = run.step(step, h, embedding);
    skips.push(h);
  }
  h = run.step(architecture.middle, h, embedding);
  for (const step of architecture.decoder) h = run.step(step, tf.concat([h, skips.pop()!], 3), embedding);
  return run.convolve('out.2', run.normalise('out.0', h, true));
}

/**
 * Sinusoids of a number: [cos(c f_0) ... cos(c f_h-1), sin(c f_0) ... sin(c f_h-1)] with f_j = 10000^(-j / h), h = channels / 2.
 * Source: openai/consistency_models `cm/nn.py` (`timestep_embedding`); Vaswani et al. 2017 (arXiv:1706.03762), section 3.5.
 * @param noise float32[B]
 * @param channels an even number
 * @returns float32[B,channels]
 */
export function sinusoids(noise: tf.Tensor, channels: number): tf.Tensor {
  const half = channels / 2;
  const frequencies = Float32Array.from({ length: half }, (_, j) => Math.exp((-Math.log(maxPeriod) * j) / half));
  const phase = tf.mul(tf.reshape(noise, [-1, 1]), tf.tensor2d(frequencies, [1, half]));
  return tf.concat([tf.cos(phase), tf.sin(phase)], 1);
}

class ForwardPass extends NetworkPass {
  private readonly architecture: AdmArchitecture;

  constructor(architecture: AdmArchitecture, options: PassOptions) {
    super(options);
    this.architecture = architecture;
  }

  /** Sinusoids -> linear -> SiLU -> linear, plus the embedding of the label. */
  embed(noise: tf.Tensor, labels: tf.Tensor | null): tf.Tensor {
    const hidden = swish(this.project('time_embed.0', sinusoids(noise, this.architecture.baseChannels)));
    const time = this.seen('time_embed', this.project('time_embed.2', hidden));
    if (this.architecture.classes === null) return time;
    if (!labels) throw new Error('a class-conditional ADM needs labels');
    return tf.add(time, lookUp(this.get('label_emb.weight'), labels));
  }

  step({ name, modules }: AdmStep, x: tf.Tensor, embedding: tf.Tensor): tf.Tensor {
    let h = x;
    for (const module of modules) {
      const prefix = `${module.name}.`;
      if (module.kind === 'block') h = this.segment(prefix, [h, embedding], (x0, emb) => this.block(module, x0, emb));
      else h = this.segment(prefix, [h], (x0) => inStepPrecision(() => this.attend(module, x0)));
    }
    return this.seen(name, h);
  }

  /** @param embedding after its SiLU, which is the same in every block */
  private block(module: AdmBlock, x: tf.Tensor, embedding: tf.Tensor): tf.Tensor {
    const { name, resample, resolution, projected } = module;
    let h = this.normalise(`${name}.in_layers.0`, x, true);
    let skip = x;
    if (resample !== 'none') {
      const change = resample === 'down' ? averagePool : repeatPixels;
      h = change(h);
      skip = change(skip);
    }
    h = this.conditioned(module, h, this.project(`${name}.emb_layers.1`, embedding));
    const decides = this.architecture.dropoutBy === 'feature-map' ? h.shape[1]! : resolution;
    h = this.drop(h, decides);
    if (projected) skip = this.convolve(`${name}.skip_connection`, skip);
    return this.convolveInBranch(`${name}.out_layers.3`, h, { other: skip });
  }

  /** The first convolution, h, under the embedding. With scale and shift: SiLU(GN(h) (1 + scale) + shift); without: SiLU(GN(h + shift)). */
  private conditioned({ name }: AdmBlock, x: tf.Tensor, emb: tf.Tensor): tf.Tensor {
    const [convolved, normalised] = [`${name}.in_layers.2`, `${name}.out_layers.0`];
    if (!this.architecture.scaleShiftNorm)
      return this.normalise(normalised, this.convolveInBranch(convolved, x, { other: emb }), true);
    const perChannel = (values: tf.Tensor) => tf.reshape(values, [values.shape[0], 1, 1, values.shape[1]!]);
    const [scale, shift] = tf.split(emb, 2, 1) as [tf.Tensor, tf.Tensor];
    const normal = this.normalise(normalised, this.convolveInBranch(convolved, x), false);
    return swish(tf.add(tf.mul(normal, tf.add(perChannel(scale), 1)), perChannel(shift)));
  }

  /** Multi-head self-attention over all positions; the 3C channels of qkv are ordered (three, head, d). */
  private attend({ name, channels, heads, resolution }: AdmAttention, x: tf.Tensor): tf.Tensor {
    const batch = x.shape[0];
    const places = resolution * resolution;
    const d = channels / heads;
    const qkv = this.convolve(`${name}.qkv`, this.normalise(`${name}.norm`, x, false));
    const ordered = tf.transpose(tf.reshape(qkv, [batch, places, 3, heads, d]), [2, 0, 3, 1, 4]);
    const vectors = tf.reshape(ordered, [3 * batch * heads, places, d]);
    const scaled = this.architecture.qkvNorm ? unitRootMeanSquare(vectors) : vectors;
    const [q, k, v] = tf.split(scaled, 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const mixed = tf.transpose(tf.reshape(attention(q, k, v), [batch, heads, places, d]), [0, 2, 1, 3]);
    return this.convolve(`${name}.proj_out`, tf.reshape(mixed, x.shape), { other: x });
  }

  normalise(name: string, x: tf.Tensor, withSwish: boolean): tf.Tensor {
    const norm = { scale: this.get(`${name}.weight`), bias: this.get(`${name}.bias`), groups, epsilon };
    return this.groupNorm(x, norm, withSwish);
  }

  convolve(name: string, x: tf.Tensor, joined?: Joined): tf.Tensor {
    return convolution(x, this.get(`${name}.weight`), this.get(`${name}.bias`), joined);
  }

  /** A convolution inside a block, not on the path past it. */
  private convolveInBranch(name: string, x: tf.Tensor, joined?: Joined): tf.Tensor {
    return inStepPrecision(() => this.convolve(name, x, joined));
  }

  private project(name: string, x: tf.Tensor): tf.Tensor {
    return dense(x, this.get(`${name}.weight`), this.get(`${name}.bias`));
  }
}
