/**
 * @file Derives warnings from a plan, its checkout and its scores.
 *
 * The run adds those that only it knows (resumed, clamped).
 */
import type { Warning } from '../core/warnings.ts';
import { productPrecision } from '../plan/product-precision.ts';
import type { Plan } from '../plan/types.ts';
import { asRunDifferences } from './as-run.ts';
import type { Provenance } from './origin/provenance.ts';
import { fewSamples, type Score } from '../score/score.ts';

/** In the order in which a reader should know them. */
export function standardWarnings(cell: {
  readonly plan: Plan;
  readonly provenance: Provenance;
  readonly scores: readonly Score[];
}): Warning[] {
  const { plan, provenance, scores } = cell;
  return [
    ...given(plan),
    ...scaled(plan),
    ...fewSamples(scores),
    ...dirty(provenance),
    ...unknownCode(provenance),
    ...eager(plan),
    ...rounded(plan),
    ...xla(plan),
    ...deviations(plan),
  ];
}

function given({ weights }: Plan): Warning[] {
  return weights ? [{ kind: 'given-weights', file: weights.file, sha256: weights.sha256 }] : [];
}

function scaled(plan: Plan): Warning[] {
  const differences = asRunDifferences(plan);
  if (differences.length === 0) return [];
  const list = (read: (row: (typeof differences)[number]) => number): string =>
    differences.map((row) => `${row.what} ${read(row)}`).join(', ');
  return [
    {
      kind: 'scaled-recipe',
      scale: plan.scale.id,
      asRun: list(({ asRun }) => asRun),
      published: list(({ published }) => published),
    },
  ];
}

function dirty({ commit, dirty: changed }: Provenance): Warning[] {
  return commit !== null && changed ? [{ kind: 'dirty-working-tree', commit: commit.slice(0, 12) }] : [];
}

function unknownCode({ commit, unknown }: Provenance): Warning[] {
  if (unknown === undefined) return [];
  const what = commit === null ? 'the commit of the code' : `whether files differed from commit ${commit.slice(0, 12)}`;
  return [{ kind: 'unknown-provenance', what, why: unknown }];
}

function eager({ engine }: Plan): Warning[] {
  return engine.mode === 'eager' ? [{ kind: 'eager-engine' }] : [];
}

/** In bfloat16 the difference of student and teacher at neighbouring levels is lost late in training; TensorFloat-32 is far finer. */
function rounded(plan: Plan): Warning[] {
  const precision = productPrecision(plan);
  return precision === 'float32' ? [] : [{ kind: 'rounded-products', precision }];
}

function xla({ engine }: Plan): Warning[] {
  return engine.xla ? [{ kind: 'xla-draws' }] : [];
}

function deviations({ recipe }: Plan): Warning[] {
  return recipe.deviations.map(({ what, why }) => ({ kind: 'declared-deviation', what, why }));
}
