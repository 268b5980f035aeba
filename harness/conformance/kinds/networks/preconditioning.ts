/** @file Kind `preconditioning`: the scalars c_skip, c_out, c_in and c_noise, and f(x, sigma), in float64. */
import { toFloat64 } from '../../../formats/safetensors.ts';
import { consistencyScalings, noiseConditioning } from '../../../method/precondition.ts';
import { edmScalings } from '../../../method/reference/precondition.ts';
import { configNumber, tensorOf, type ConformanceCase } from '../../case.ts';
import type { ProducedTensors } from '../../judge/judge-tensors.ts';
import type { NetworkKind } from '../kind.ts';

export const kind: NetworkKind = { needsEngine: false, produce };

function produce(reference: ConformanceCase): ProducedTensors {
  const levels = { sigmaData: configNumber(reference, 'sigmaData'), sigmaMin: configNumber(reference, 'sigmaMin') };
  const sigma = toFloat64(tensorOf(reference, 'sigma'));
  const x = toFloat64(tensorOf(reference, 'x'));
  const F = toFloat64(tensorOf(reference, 'F'));
  const scalings = Array.from(sigma, (level) => consistencyScalings(level, levels));
  const edm = Array.from(sigma, (level) => edmScalings(level, levels));
  const perImage = x.length / sigma.length;
  const image = (j: number): number => Math.floor(j / perImage);
  return new Map([
    ['cSkip', Float64Array.from(scalings, ({ cSkip }) => cSkip)],
    ['cOut', Float64Array.from(scalings, ({ cOut }) => cOut)],
    ['cIn', Float64Array.from(scalings, ({ cIn }) => cIn)],
    ['cNoiseCifar', sigma.map((level) => noiseConditioning('ncsnpp', level))],
    ['cNoiseImagenet', sigma.map((level) => noiseConditioning('adm', level))],
    ['networkInput', x.map((value, j) => scalings[image(j)]!.cIn * value)],
    ['f', x.map((value, j) => scalings[image(j)]!.cSkip * value + scalings[image(j)]!.cOut * F[j]!)],
    ['edmCSkip', Float64Array.from(edm, ({ cSkip }) => cSkip)],
    ['edmCOut', Float64Array.from(edm, ({ cOut }) => cOut)],
    ['edmDenoised', x.map((value, j) => edm[image(j)]!.cSkip * value + edm[image(j)]!.cOut * F[j]!)],
  ]);
}
