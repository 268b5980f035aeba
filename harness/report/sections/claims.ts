/** @file Every published claim with its verdict, thresholds beside each value; a scaled run never beside a published number. */
import type { AsRunRow } from '../../results/as-run.ts';
import { evidenceFor } from '../../judge/evidence.ts';
import type { Claim } from '../../recipe/claim.ts';
import { judgeClaim, type Measured, type Verdict } from '../../judge/verdict.ts';
import { parseMetric } from '../../score/metric.ts';
import type { Run } from '../../results/run.ts';
import type { ReportContext } from './context.ts';
import {
  datasetText,
  intervalText,
  listText,
  parameterText,
  percentText,
  samplerText,
  scoreWriter,
  type ScoreWriter,
} from '../words/numbers.ts';
import { verdictText } from '../words/verdict.ts';

export interface ClaimRow {
  readonly id: string;
  readonly claim: string;
  readonly published: string;
  readonly selection: string;
  readonly band: string;
  readonly measured: string;
  readonly asReported: string;
  readonly verdict: string;
  /** `reproduced`, `worse`, ...: the class that colours it. */
  readonly kind: Verdict['kind'];
  readonly why: string;
  readonly source: string;
}

export interface ClaimTable {
  /** Claims that are judged, or would be with more seeds. */
  readonly rows: readonly ClaimRow[];
  /** Claims on recipes that this run holds at another scale: never judged. */
  readonly scaled: readonly ClaimRow[];
  /** Claims that this run does not touch. */
  readonly untouched: readonly ClaimRow[];
  readonly rule: string;
}

export function claimTable({ run, dataset }: ReportContext, claims: readonly Claim[]): ClaimTable {
  const rows = judgedClaims(run, claims).map(({ claim, verdict }) => rowOf(run, dataset, claim, verdict));
  const { confidence, relativeMargin, minimumSeeds } = run.registration.judgement;
  return {
    rows: rows.filter(({ kind }) => kind !== 'not-attempted' && kind !== 'scaled-recipe'),
    scaled: rows.filter(({ kind }) => kind === 'scaled-recipe'),
    untouched: rows.filter(({ kind }) => kind === 'not-attempted'),
    rule: `Registered before the first step: the ${percentText(confidence)} t-interval of the mean over seeds against the published value \u00b1 ${percentText(relativeMargin)}. Wholly inside: reproduced. Wholly outside: worse, or better and to be audited. Otherwise, or with fewer than ${minimumSeeds} seeds: inconclusive. A run at another scale than the published one is never judged.`,
  };
}

/** The verdict of each claim, in the order of the claims. */
export function judgedClaims(
  run: Run,
  claims: readonly Claim[],
): { readonly claim: Claim; readonly verdict: Verdict }[] {
  return claims.map((claim) => ({
    claim,
    verdict: judgeClaim(claim, evidenceFor(claim, run), run.registration.judgement),
  }));
}

function rowOf(run: Run, dataset: string, claim: Claim, verdict: Verdict): ClaimRow {
  const measured = 'measured' in verdict ? verdict.measured : null;
  const margin = run.registration.judgement.relativeMargin * Math.abs(claim.value);
  const elsewhere = claim.dataset === dataset ? '' : ` on ${datasetText(claim.dataset)}`;
  const { plain } = scoreWriter([claim.value]);
  return {
    id: claim.id,
    claim: `${claim.work}${elsewhere}, ${parseMetric(claim.metric).title}, ${samplerText(claim.nfe)}`,
    published: String(claim.value),
    selection: claim.selection,
    band: intervalText({ low: claim.value - margin, high: claim.value + margin, confidence: 1 }, plain),
    measured: measured ? measuredText(measured, plain) : '\u2013',
    asReported: measured ? asReportedText(measured, claim, plain) : '\u2013',
    verdict: verdictText(verdict),
    kind: verdict.kind,
    why: [whyText(verdict), givenText(run, claim)].filter((text) => text !== '').join('; '),
    source: claim.confidence === 'text' ? claim.source : `${claim.source} (recalled, to be confirmed in the source)`,
  };
}

type Plain = ScoreWriter['plain'];

function measuredText({ mean, interval, seeds, plannedSeeds }: Measured, plain: Plain): string {
  return `${plain(mean)} (${intervalText(interval, plain)}), n\u00a0=\u00a0${seeds} of ${plannedSeeds}`;
}

function asReportedText({ asReported, expectedSelectionGain }: Measured, { bestOf }: Claim, plain: Plain): string {
  if (bestOf === null) return 'rule not published';
  const gain =
    expectedSelectionGain === null || expectedSelectionGain === 0
      ? ''
      : `; choosing is expected to gain ${plain(expectedSelectionGain)}`;
  if (asReported === null) return `fewer than ${bestOf} draws per seed${gain}`;
  return `${plain(asReported)} (best of ${bestOf})${gain}`;
}

function differenceText({ what, published, asRun }: AsRunRow): string {
  return `${what} ${parameterText(asRun)} in place of ${parameterText(published)}`;
}

/** A verdict on weights from elsewhere says nothing about their training. */
function givenText(run: Run, { recipeId }: Claim): string {
  const given = run.ledger.some((row) => row.recipeId === recipeId && row.result?.plan.weights);
  return given ? 'of weights that were not trained here: sampling and scoring alone' : '';
}

function whyText(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'inconclusive':
      return verdict.why;
    case 'not-attempted':
      return verdict.reason;
    case 'scaled-recipe':
      return listText(verdict.differences.map(differenceText));
    case 'reproduced':
    case 'worse':
    case 'better-audit':
      return '';
  }
}
