/** @file Types of the work of nightly groups, handed to them as data: recipes, scales and sizes. */
import type { Clock } from '../../core/clock.ts';
import type { Papers } from '../../recipe/papers.ts';
import type { Scale } from '../../recipe/scale.ts';
import type { Recipe } from '../../recipe/types.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Output } from '../../system/progress.ts';
import type { ProbeValue } from './protocol.ts';

/** A recipe at a scale, and the images of one call of its sampler. */
export interface NightlySize {
  readonly recipe: Recipe;
  readonly scale: Scale;
  readonly sampleImages: number;
}

export interface NightlyWork {
  /** Recipes whose first steps are hashed, by row; made tiny. */
  readonly exact: Readonly<Record<string, Recipe>>;
  /** Steps of each of them. */
  readonly exactSteps: number;
  /** Recipes whose work is counted, by name. */
  readonly counted: Readonly<Record<string, Recipe>>;
  readonly sizes: Readonly<Record<'twin' | 'small' | 'full', NightlySize>>;
  /** Recipes that are trained and scored, by group, and how much of them is run. */
  readonly quality: Readonly<Record<'quality-ct' | 'quality-ict', { readonly recipe: Recipe; readonly scale: Scale }>>;
  readonly papers: Papers;
}

export interface GroupContext {
  readonly work: NightlyWork;
  /** Root of the checkout that is measured. */
  readonly root: string;
  readonly engine: Engine;
  /** Program and arguments of the command `plan` of this build. */
  readonly planProcess: readonly [string, ...string[]];
  /** Of a group that is measured once per seed. */
  readonly seed: number;
  readonly clock: Clock;
  readonly output: Output;
}

/** Measures every row of a group in this process. @returns values by id of the row */
export type Group = (context: GroupContext) => Promise<Readonly<Record<string, ProbeValue>>>;
