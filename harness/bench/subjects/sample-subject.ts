/**
 * @file Benchmark subject for one-step sampling, including the copy of the images to the host.
 *
 * The sampler is the one of harness/sample.
 */
import { readSafetensors, toFloat32 } from '../../formats/safetensors.ts';
import { buildNetwork } from '../../network/network.ts';
import { parameterLayout } from '../../network/flat.ts';
import type { Plan } from '../../plan/types.ts';
import { Sampler } from '../../sample/sampler.ts';
import { flatParameters } from '../inputs.ts';
import type { ComparedSubject } from './serve.ts';

/** @param inputs the file of common inputs */
export function sampleSubject(plan: Plan, images: number, inputs: string): ComparedSubject {
  const { recipe, engine, seed } = plan;
  const { network, parameters } = buildNetwork(recipe, engine);
  const layout = parameterLayout(parameters);
  const { mode, precision, xla } = engine;
  const sampler = new Sampler({ recipe, layout, network, batchImages: images, mode, precision, xla });
  const weights = flatParameters(inputs, layout);
  const sample = (k: number): Float32Array =>
    sampler.sample(weights, {
      seed,
      firstImage: k * images,
      images,
      sigmas: [recipe.levels.sigmaMax],
      clip: recipe.sampling.clip,
    });
  return {
    check: () => {
      const latents = toFloat32(readSafetensors(inputs).tensors.get('sample/latents')!);
      const result = sample(0);
      return { meanSquare: meanProduct(result, result), alongLatents: meanProduct(result, latents) };
    },
    iteration: (k) => void sample(k),
  };
}

function meanProduct(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0) / a.length;
}
