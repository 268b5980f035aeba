/** @file The difference of two recipes in three parts: the five choices, the tuning, everything else. */
import { canonicalJson } from '../core/canonical-json.ts';
import type { Method, Recipe, Tuning } from './types.ts';

/** The five choices in the order in which the iCT paper makes them (sections 3.1 to 3.5). */
export const choiceNames = [
  'weighting',
  'teacher',
  'distance',
  'curriculum',
  'noise',
] as const satisfies readonly (keyof Method)[];

export type ChoiceName = (typeof choiceNames)[number];

export const tuningNames = [
  'steps',
  'batchImages',
  'learningRate',
  'dropout',
  'dropoutMaxResolution',
  'fourierScale',
  'samplingEmaDecay',
] as const satisfies readonly (keyof Tuning)[];

/** One choice that differs, typed by its name. */
type ChoiceDifference = {
  readonly [C in ChoiceName]: { readonly choice: C; readonly from: Method[C]; readonly to: Method[C] };
}[ChoiceName];

interface TuningDifference {
  readonly name: keyof Tuning;
  readonly from: number | null;
  readonly to: number | null;
}

/** A field outside method and tuning: `path` such as `network.blocksPerLevel`. */
interface OtherDifference {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

export interface RecipeDifference {
  readonly choices: readonly ChoiceDifference[];
  readonly tuning: readonly TuningDifference[];
  readonly other: readonly OtherDifference[];
}

/** What `to` changes against `from`; id, version, source and deviations are no differences. */
export function diffRecipes(from: Recipe, to: Recipe): RecipeDifference {
  return {
    choices: choiceNames
      .filter((choice) => differs(from.method[choice], to.method[choice]))
      .map(
        // The pair is taken from the same key of both recipes, which the compiler cannot follow through the union.
        (choice) => ({ choice, from: from.method[choice], to: to.method[choice] }) as ChoiceDifference,
      ),
    tuning: tuningNames
      .filter((name) => from.tuning[name] !== to.tuning[name])
      .map((name) => ({ name, from: from.tuning[name], to: to.tuning[name] })),
    other: (['levels', 'network', 'optimizer', 'data', 'sampling'] as const).flatMap((section) =>
      fieldDifferences(section, { ...from[section] }, { ...to[section] }),
    ),
  };
}

function fieldDifferences(
  section: string,
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
): OtherDifference[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .filter((key) => differs(from[key], to[key]))
    .map((key) => ({ path: `${section}.${key}`, from: from[key], to: to[key] }));
}

function differs(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a !== b;
  return canonicalJson(a) !== canonicalJson(b);
}
