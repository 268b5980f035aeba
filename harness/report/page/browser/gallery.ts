/** @file Finds the grid beside another one: a moment of training before or after it, or another seed. */

/** A grid that can be looked at; grids of one group show the same recipe by the same sampler. */
export interface Shown {
  readonly group: string;
  readonly seed: number;
  /** Optimizer steps before it was drawn. */
  readonly step: number;
}

export const directions = ['earlier', 'later', 'previous seed', 'next seed'] as const;
export type Direction = (typeof directions)[number];

/**
 * The grid that an arrow leads to; null at an end. Another seed is shown at the same moment or, where it has none, at the last one before it, else at
 * its first.
 */
export function neighbourOf<T extends Shown>(all: readonly T[], current: T, direction: Direction): T | null {
  const group = all.filter((one) => one.group === current.group);
  const moments = (seed: number): T[] => group.filter((one) => one.seed === seed).sort((a, b) => a.step - b.step);
  if (direction === 'earlier') return moments(current.seed).findLast(({ step }) => step < current.step) ?? null;
  if (direction === 'later') return moments(current.seed).find(({ step }) => step > current.step) ?? null;
  const seeds = [...new Set(group.map(({ seed }) => seed))].sort((a, b) => a - b);
  const seed = seeds[seeds.indexOf(current.seed) + (direction === 'next seed' ? 1 : -1)];
  if (seed === undefined) return null;
  const there = moments(seed);
  return there.findLast(({ step }) => step <= current.step) ?? there[0] ?? null;
}
