/**
 * @file Collects the scores of a run by metric and sampler steps, and the evidence for a claim.
 *
 * Recipes are compared in every such column.
 */
import { asRunDifferences } from '../results/as-run.ts';
import { parseMetric, type Metric } from '../score/metric.ts';
import type { LedgerRow, Run } from '../results/run.ts';
import { identityDifferences } from '../score/identity.ts';
import { scoreKey, type Score } from '../score/score.ts';
import type { Claim } from '../recipe/claim.ts';
import { compareSeeds, type Comparison, type ComparisonInput, type SeedValue } from './compare.ts';
import { protocolDifferences, unstatedFields } from './protocol.ts';
import type { Evidence } from './verdict.ts';

interface ScoreEntry {
  readonly row: LedgerRow;
  readonly score: Score;
}

/** The scores of one metric with one number of sampler steps: of one identity, or not comparable. */
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

/** The columns that recipes are judged by, in order of first appearance. Cells that did not finish contribute nothing: n/planned says so. */
export function scoreColumns(run: Run): ScoreColumn[] {
  return allColumns(run).filter(({ kind }) => kind.judged);
}

/** The columns of metrics that show how far those of `scoreColumns` can be trusted; nothing is judged by them. */
export function controlColumns(run: Run): ScoreColumn[] {
  return allColumns(run).filter(({ kind }) => !kind.judged);
}

function allColumns(run: Run): ScoreColumn[] {
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

/**
 * A recipe against the baseline in every column of a run: one family of tests, since any of them could be the headline.
 * @returns one comparison per column; null where its scores are not comparable
 */
export function compareInColumns(
  run: Run,
  columns: readonly ScoreColumn[],
  baseline: string,
  candidate: string,
  seeds: readonly number[] = run.registration.seeds,
): (Comparison | null)[] {
  const { confidence, minimumSeeds } = run.registration.judgement;
  const among = (values: readonly SeedValue[]): SeedValue[] => values.filter(({ seed }) => seeds.includes(seed));
  const comparable = columns.filter(({ notComparable }) => notComparable.length === 0);
  const inputs = comparable.map((column): ComparisonInput => ({
    baseline: among(seedValues(column, baseline)),
    candidate: among(seedValues(column, candidate)),
    plannedSeeds: seeds,
    better: column.kind.better,
  }));
  const comparisons = compareSeeds(inputs, { confidence, minimumSeeds });
  return columns.map((column) => comparisons[comparable.indexOf(column)] ?? null);
}

/**
 * What this run can say about a claim.
 * @param recipeId the recipe that is judged by it, where it is another reading of the one that claims it
 */
export function evidenceFor(claim: Claim, run: Run, recipeId: string = claim.recipeId): Evidence {
  const rows = run.ledger.filter((row) => row.recipeId === recipeId);
  if (rows.length === 0) return { kind: 'none', reason: `this run holds no ${recipeId}` };
  const plan = rows.find(({ result }) => result !== null)?.result?.plan;
  if (!plan) return { kind: 'none', reason: 'no planned seed has finished' };
  const differences = asRunDifferences(plan);
  if (differences.length > 0) return { kind: 'scaled', differences };
  if (rows.some(({ result }) => result?.warnings.some(({ kind }) => kind === 'unpublished-data'))) {
    return { kind: 'none', reason: 'the training data are not known to be the published ones' };
  }
  const scored = rows.flatMap(scoreOf(claim));
  const unstated = scored.flatMap(({ row, score }) =>
    unstatedFields(score).map((field) => `${row.cell} does not state its ${field}`),
  );
  if (unstated.length > 0) return { kind: 'none', reason: `an older result: ${unstated.join(', ')}` };
  const foreign = scored.flatMap(({ row, score }) => protocolDifferences(claim.protocol, score, row.result!.plan));
  if (foreign.length > 0) return { kind: 'none', reason: `measured against ${[...new Set(foreign)].join(', ')}` };
  const mixed = scored.flatMap(({ score }) => identityDifferences(scored[0]!.score, score));
  if (mixed.length > 0) return { kind: 'none', reason: `seeds are not comparable: ${[...new Set(mixed)].join(', ')}` };
  if (scored.length === 0 && rows.some(({ state }) => state === 'done')) {
    return { kind: 'none', reason: `${parseMetric(claim.metric).title} with nfe ${claim.nfe} was not measured` };
  }
  return {
    kind: 'measured',
    plannedSeeds: rows.map(({ seed }) => seed),
    divergedSeeds: rows.filter(({ state }) => state === 'diverged').map(({ seed }) => seed),
    seeds: scored.map(({ row, score }) => ({ seed: row.seed, draws: [score.value, ...score.redraws] })),
    of: plan.weights ? 'evaluation' : 'training',
  };
}

function scoreOf(claim: Claim): (row: LedgerRow) => ScoreEntry[] {
  return (row) => {
    const score = row.state === 'done' && row.result?.scores.find((one) => scoreKey(one) === scoreKey(claim));
    return score ? [{ row, score }] : [];
  };
}
