/** @file The scores of a run by metric and sampler steps: one column each, of one identity or not comparable. */
import { asRunDifferences } from '../results/as-run.ts';
import { compareSeeds, type Comparison, type SeedValue } from './compare.ts';
import { parseMetric, type Metric } from '../score/metric.ts';
import type { LedgerRow, Run } from '../results/run.ts';
import { identityDifferences } from '../score/identity.ts';
import { scoreKey, type Score } from '../score/score.ts';
import type { Claim } from '../recipe/claim.ts';
import type { Evidence } from './verdict.ts';

export interface ScoreEntry {
  readonly row: LedgerRow;
  readonly score: Score;
}

export interface ScoreColumn {
  /** `fd-shapes/nfe1`: metric and sampler steps. */
  readonly key: string;
  readonly kind: Metric;
  readonly nfe: number;
  /** Scores of finished cells, in registered order. */
  readonly entries: readonly ScoreEntry[];
  /** Why the entries cannot be aggregated; empty when they can. */
  readonly notComparable: readonly string[];
}

/** The columns in order of first appearance. Cells that did not finish contribute nothing: n/planned says so. */
export function scoreColumns(run: Run): ScoreColumn[] {
  const entries = run.ledger.flatMap((row): ScoreEntry[] =>
    row.state === 'done' && row.result ? row.result.scores.map((score) => ({ row, score })) : [],
  );
  const keys = [...new Set(entries.map(({ score }) => scoreKey(score)))];
  return keys.map((key) => {
    const mine = entries.filter(({ score }) => scoreKey(score) === key);
    const first = mine[0]!.score;
    return {
      key,
      kind: parseMetric(first.metric),
      nfe: first.nfe,
      entries: mine,
      notComparable: [...new Set(mine.flatMap(({ score }) => identityDifferences(first, score)))],
    };
  });
}

/** The values of one recipe in a column. */
export function seedValues(column: ScoreColumn, recipeId: string): SeedValue[] {
  return column.entries
    .filter(({ row }) => row.recipeId === recipeId)
    .map(({ row, score }) => ({ seed: row.seed, value: score.value }));
}

/** A recipe against the run's baseline in one column; null where the scores are not comparable. */
export function compareInColumn(run: Run, column: ScoreColumn, baseline: string, candidate: string): Comparison | null {
  if (column.notComparable.length > 0) return null;
  return compareSeeds({
    baseline: seedValues(column, baseline),
    candidate: seedValues(column, candidate),
    plannedSeeds: run.registration.seeds,
    better: column.kind.better,
    confidence: run.registration.judgement.confidence,
  });
}

/** What this run can say about a claim. */
export function evidenceFor(claim: Claim, run: Run): Evidence {
  const rows = run.ledger.filter(({ recipeId }) => recipeId === claim.recipeId);
  if (rows.length === 0) return { kind: 'none', reason: `this run holds no ${claim.recipeId}` };
  const plan = rows.find(({ result }) => result !== null)?.result?.plan;
  if (!plan) return { kind: 'none', reason: 'no planned seed has finished' };
  const differences = asRunDifferences(plan);
  if (differences.length > 0) return { kind: 'scaled', differences };
  if (rows.some(({ result }) => result?.warnings.some(({ kind }) => kind === 'unpublished-data'))) {
    return { kind: 'none', reason: 'the training data are not known to be the published ones' };
  }
  const column = scoreColumns(run).find(({ key }) => key === scoreKey(claim));
  const scored = column?.entries.filter(({ row }) => row.recipeId === claim.recipeId) ?? [];
  if (!column || scored.length === 0) {
    return { kind: 'none', reason: `${parseMetric(claim.metric).title} with nfe ${claim.nfe} was not measured` };
  }
  if (column.notComparable.length > 0) {
    return { kind: 'none', reason: `seeds are not comparable: ${column.notComparable.join(', ')}` };
  }
  return {
    kind: 'measured',
    plannedSeeds: rows.length,
    seeds: scored.map(({ row, score }) => ({ seed: row.seed, draws: [score.value, ...score.redraws] })),
  };
}
