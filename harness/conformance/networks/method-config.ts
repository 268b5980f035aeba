/** @file Converts a pack's choices of the method (metric, levels) to those of a recipe. */
import type { Distance, Levels } from '../../recipe/types.ts';
import { configNumber, malformedConfig, type ConformanceCase } from '../case.ts';

/** `config.metric`. @param d numbers per image: the pack gives c, the recipes c per root of d */
export function distanceOf(reference: ConformanceCase, d: number): Distance {
  const { metric } = reference.config;
  switch (metric) {
    case 'l2':
      return { kind: 'squared-l2' };
    case 'l1':
      return { kind: 'l1' };
    case 'pseudo-huber':
      return { kind: 'pseudo-huber', cPerSqrtDim: configNumber(reference, 'c') / Math.sqrt(d) };
    default:
      throw malformedConfig(reference, 'metric', 'one of l1, l2, pseudo-huber');
  }
}

/** The grid of noise levels and the deviation of the data. */
export function levelsOf(reference: ConformanceCase): Levels {
  const [sigmaMin, sigmaMax, rho, sigmaData] = ['sigmaMin', 'sigmaMax', 'rho', 'sigmaData'].map((name) =>
    configNumber(reference, name),
  ) as [number, number, number, number];
  return { sigmaMin, sigmaMax, rho, sigmaData };
}
