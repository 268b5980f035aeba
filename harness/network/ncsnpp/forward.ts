/**
 * @file Forward pass of NCSN++ (CIFAR-10 and the twin), as a pure function.
 *
 * It takes parameters, image and noise embedding, and returns an image. Source: openai/consistency_models_cifar10 `jcm/models/ncsnpp.py`,
 * `layerspp.py` at d086e77. Deviation: none known; FIR filters are applied as products with fixed matrices, which gives the same map.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { AttentionModule, BlockModule, NcsnppArchitecture, PyramidModule } from './modules.ts';
import { frozen, inStepPrecision } from '../../engine/ops.ts';
import { attention, convolution, dense, swish, type Joined } from '../layers.ts';
import { NetworkPass, type PassOptions } from '../pass.ts';
import { firBeforeStride, firDown, firUp, mapAxes } from '../resample.ts';

/** flax's default; torch has 1e-5. */
const epsilon = 1e-6;

/**
 * F(x, c): the network inside the consistency function.
 * @param x float32[B,H,W,3], already multiplied by c_in
 * @param noise float32[B]: c_noise = ln(sigma) / 4
 * @returns float32[B,H,W,3]
 */
export function ncsnpp(architecture: NcsnppArchitecture, pass: PassOptions, x: tf.Tensor, noise: tf.Tensor): tf.Tensor {
  const run = new ForwardPass(pass);
  const embedding = run.embed(noise);
  let h = run.seen('Conv_0', run.convolve('Conv_0', x));
  let pyramid = x;
  const skips = [h];
  for (const step of architecture.encoder) {
    h = run.block(step.block, h, embedding);
    if (step.attention) h = run.attend(step.attention, h);
    if (step.pyramid) {
      pyramid = run.pyramid(step.pyramid, pyramid);
      h = tf.mul(tf.add(pyramid, h), Math.SQRT1_2);
      pyramid = h;
    }
    skips.push(h);
  }
  h = run.block(architecture.middle.first, h, embedding);
  h = run.attend(architecture.middle.attention, h);
  h = run.block(architecture.middle.second, h, embedding);
  for (const step of architecture.decoder) {
    h = run.block(step.block, step.concatenates ? tf.concat([h, skips.pop()!], 3) : h, embedding);
    if (step.attention) h = run.attend(step.attention, h);
  }
  return run.seen(
    'Conv_1',
    run.convolve('Conv_1', swish(run.seen('GroupNorm_0', run.normalise('GroupNorm_0', h, false)))),
  );
}

/** One residual block alone, as the network runs it. */
export function ncsnppBlock(module: BlockModule, pass: PassOptions, x: tf.Tensor, embedding: tf.Tensor): tf.Tensor {
  return new ForwardPass(pass).block(module, x, embedding);
}

class ForwardPass extends NetworkPass {
  /** [sin(2 pi c W), cos(2 pi c W)] -> dense -> swish -> dense; each block applies swish first. */
  embed(noise: tf.Tensor): tf.Tensor {
    // Frozen: the authors stop the gradient here.
    const frequencies = frozen(this.get('GaussianFourierProjection_0/W'));
    // Element by element, as the authors do: a matrix product would be rounded to TensorFloat-32 on a GPU.
    const phase = tf.mul(tf.mul(tf.reshape(noise, [-1, 1]), frequencies), 2 * Math.PI);
    const fourier = this.seen('GaussianFourierProjection_0', tf.concat([tf.sin(phase), tf.cos(phase)], 1));
    const hidden = this.seen('Dense_0', this.project('Dense_0', fourier));
    return this.seen('Dense_1', this.project('Dense_1', swish(hidden)));
  }

  block(module: BlockModule, x: tf.Tensor, embedding: tf.Tensor): tf.Tensor {
    const run = (input: tf.Tensor, emb: tf.Tensor) => this.residual(module, input, emb);
    return this.seen(module.name, this.segment(`${module.name}/`, [x, embedding], run));
  }

  private residual(module: BlockModule, x: tf.Tensor, embedding: tf.Tensor): tf.Tensor {
    const { name, resample, resolution, projected } = module;
    let h = this.normalise(`${name}/GroupNorm_0`, x, true);
    let skip = x;
    if (resample !== 'none') {
      const map = resample === 'down' ? firDown(resolution) : firUp(resolution);
      h = mapAxes(h, map);
      skip = mapAxes(skip, map);
    }
    const shift = this.project(`${name}/Dense_0`, swish(embedding));
    h = this.convolveInBranch(`${name}/Conv_0`, h, { other: shift });
    h = this.normalise(`${name}/GroupNorm_1`, h, true);
    h = this.drop(h, h.shape[1]!);
    if (projected) skip = this.convolve(`${name}/Conv_2`, skip);
    return this.convolveInBranch(`${name}/Conv_1`, h, { other: skip, scale: Math.SQRT1_2 });
  }

  /** Single-head self-attention over all positions. */
  attend(module: AttentionModule, x: tf.Tensor): tf.Tensor {
    const run = (input: tf.Tensor) => inStepPrecision(() => this.attention(module, input));
    return this.seen(module.name, this.segment(`${module.name}/`, [x], run));
  }

  private attention({ name, channels, resolution }: AttentionModule, x: tf.Tensor): tf.Tensor {
    const batch = x.shape[0];
    const h = tf.reshape(this.normalise(`${name}/GroupNorm_0`, x, false), [batch, resolution * resolution, channels]);
    const [q, k, v] = [0, 1, 2].map((i) => this.mix(`${name}/NIN_${i}`, h)) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const mixed = this.mix(`${name}/NIN_3`, attention(q, k, v), { other: x, scale: Math.SQRT1_2 });
    return tf.reshape(mixed, x.shape);
  }

  /** FIR filter, then a 3x3 convolution of stride 2 without padding. */
  pyramid({ name, resolution }: PyramidModule, x: tf.Tensor): tf.Tensor {
    const filtered = mapAxes(x, firBeforeStride(resolution)) as tf.Tensor4D;
    const kernel = this.get(`${name}/Conv2d_0/weight`) as tf.Tensor4D;
    const y = tf.add(tf.conv2d(filtered, kernel, 2, 'valid'), this.get(`${name}/Conv2d_0/bias`));
    return this.seen(name, y);
  }

  normalise(name: string, x: tf.Tensor, withSwish: boolean): tf.Tensor {
    const groups = Math.min(Math.floor(x.shape[3]! / 4), 32);
    const norm = { scale: this.get(`${name}/scale`), bias: this.get(`${name}/bias`), groups, epsilon };
    return this.groupNorm(x, norm, withSwish);
  }

  convolve(name: string, x: tf.Tensor, joined?: Joined): tf.Tensor {
    return convolution(x, this.get(`${name}/kernel`), this.get(`${name}/bias`), joined);
  }

  /** A convolution inside a block, not on the path past it. */
  private convolveInBranch(name: string, x: tf.Tensor, joined: Joined): tf.Tensor {
    return inStepPrecision(() => this.convolve(name, x, joined));
  }

  private project(name: string, x: tf.Tensor): tf.Tensor {
    return dense(x, this.get(`${name}/kernel`), this.get(`${name}/bias`));
  }

  private mix(name: string, x: tf.Tensor, joined?: Joined): tf.Tensor {
    return dense(x, this.get(`${name}/W`), this.get(`${name}/b`), joined);
  }
}
