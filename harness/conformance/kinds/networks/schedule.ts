/**
 * @file Kind `schedule`: N(k), mu(k), noise levels, p(i) and lambda.
 *
 * They are compared with the authors' code and with 40-digit arithmetic.
 */
import { DataError } from '../../../core/errors.ts';
import { toFloat64 } from '../../../formats/safetensors.ts';
import { levelCount } from '../../../method/curriculum.ts';
import { noiseLevels } from '../../../method/levels.ts';
import { intervalProbabilities, lognormalMasses } from '../../../method/noise.ts';
import { teacherDecay } from '../../../method/teacher.ts';
import { intervalWeights } from '../../../method/weighting.ts';
import { configNumber, tensorOf, type ConformanceCase } from '../../case.ts';
import type { ProducedTensors } from '../../judge/judge-tensors.ts';
import type { NetworkKind } from '../kind.ts';

export const kind: NetworkKind = { needsEngine: false, produce };

function produce(reference: ConformanceCase): ProducedTensors {
  switch (reference.config.schedule) {
    case 'ct':
      return squareRoot(reference);
    case 'ict':
      return doubling(reference);
    case 'noise-levels':
      return levels(reference);
    default:
      throw new DataError({
        where: `${reference.folder}/case.json at config.schedule`,
        got: reference.config.schedule,
        expected: 'one of ct, ict, noise-levels',
        remedy: 'Update this project: the pack is newer',
      });
  }
}

function squareRoot(reference: ConformanceCase): ProducedTensors {
  const [K, s0, s1, mu0] = ['K', 's0', 's1', 'mu0'].map((name) => configNumber(reference, name)) as [
    number,
    number,
    number,
    number,
  ];
  const N = toFloat64(tensorOf(reference, 'k')).map((k) => levelCount({ kind: 'square-root', s0, s1 }, k, K));
  const decays = (convention: 'code' | 'paper') =>
    N.map((count) => teacherDecay({ kind: 'ema', mu0, convention }, count, s0)!);
  return new Map([
    ['N', N],
    ['muCode', decays('code')],
    ['muPaper', decays('paper')],
  ]);
}

function doubling(reference: ConformanceCase): ProducedTensors {
  const [K, s0, s1] = ['K', 's0', 's1'].map((name) => configNumber(reference, name)) as [number, number, number];
  const N = toFloat64(tensorOf(reference, 'k')).map((k) => levelCount({ kind: 'doubling', s0, s1 }, k, K));
  return new Map([['N', N]]);
}

function levels(reference: ConformanceCase): ProducedTensors {
  const number = (name: string): number => configNumber(reference, name);
  const grid = { sigmaMin: number('sigmaMin'), sigmaMax: number('sigmaMax'), rho: number('rho'), sigmaData: 0.5 };
  const [pMean, pStd] = [number('Pmean'), number('Pstd')];
  const produced = new Map<string, Float64Array>();
  for (const N of toFloat64(tensorOf(reference, 'N'))) {
    const sigma = noiseLevels(N, grid);
    produced.set(`sigma/${N}`, sigma);
    produced.set(`pmf/${N}`, intervalProbabilities({ kind: 'lognormal', pMean, pStd }, sigma));
    produced.set(`lambda/${N}`, intervalWeights({ kind: 'inverse-gap' }, sigma));
    const mass = lognormalMasses(pMean, pStd, sigma).reduce((total, value) => total + value, 0);
    produced.set(`normaliser/${N}`, Float64Array.of(mass));
  }
  return produced;
}
