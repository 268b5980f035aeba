/**
 * @file Table of the published claims, each with its verdict and thresholds.
 *
 * A scaled run never stands beside a published number.
 */
import { datasets, type DatasetId } from '../../recipe/dataset.ts';
import type { AsRunRow } from '../../results/as-run.ts';
import { marginOf, standardMargins, type Judgement } from '../../results/judgement.ts';
import type { JudgedClaim } from '../../judge/papers.ts';
import type { Claim, Confidence, Protocol } from '../../recipe/claim.ts';
import type { Measured, Verdict } from '../../judge/verdict.ts';
import { parseMetric } from '../../score/metric.ts';
import type { ReportContext } from './context.ts';
import {
  intervalText,
  listText,
  parameterText,
  percentText,
  samplerText,
  scoreWriter,
  type ScoreWriter,
} from '../words/numbers.ts';
import { kindText, verdictText } from '../words/verdict.ts';

interface ClaimRow {
  readonly id: string;
  readonly claim: string;
  readonly published: string;
  readonly selection: string;
  readonly band: string;
  readonly measured: string;
  /** Where one further run would fall. */
  readonly further: string;
  readonly asReported: string;
  readonly verdict: string;
  /** `reproduced`, `worse`, ...: the class that colours it. */
  readonly kind: Verdict['kind'];
  readonly why: string;
  readonly bySeeds: string;
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
  /** How many verdicts may be wrong by chance; null where none was given. */
  readonly multiplicity: string | null;
  readonly margins: readonly { readonly metric: string; readonly share: string; readonly why: string }[];
  /** Each distinct protocol with the claims that it belongs to. */
  readonly protocols: readonly { readonly claims: string; readonly protocol: string; readonly source: string }[];
}

export function claimTable({ run, dataset }: ReportContext, judged: readonly JudgedClaim[]): ClaimTable {
  const { judgement } = run.registration;
  const rows = judged.map((one) => rowOf(one, dataset, judgement));
  return {
    rows: rows.filter(({ kind }) => kind !== 'not-attempted' && kind !== 'scaled-recipe'),
    scaled: rows.filter(({ kind }) => kind === 'scaled-recipe'),
    untouched: rows.filter(({ kind }) => kind === 'not-attempted'),
    rule: ruleText(judgement),
    multiplicity: multiplicityText(judged, judgement),
    margins: standardMargins.map(({ family, why }) => ({
      metric: parseMetric(`${family}50k`).title,
      share: percentText(marginOf(judgement, `${family}50k`)),
      why: judgement.margins ? why : 'one margin was registered for all metrics',
    })),
    protocols: protocolRows(judged.map(({ claim }) => claim)),
  };
}

function ruleText(judgement: Judgement): string {
  const { confidence, minimumSeeds } = judgement;
  return `Registered before the first step: a mean over seeds whose ${percentText(confidence)} t-interval lies wholly inside the published value \u00b1 the margin of its metric is reproduced. The published value is itself one run; therefore a result is worse, or better and to be audited, only where the ${percentText(confidence)} interval of one further run, and at least 1.3\u00a0% to either side (what retraining moves FID by, arXiv:2606.20536; 0.4\u00a0% where only samples are redrawn), lies wholly outside. With fewer seeds than planned or than ${minimumSeeds} it is inconclusive, with a diverged seed unstable. A score of another protocol and a run at another scale are never judged.`;
}

function multiplicityText(judged: readonly JudgedClaim[], { confidence }: Judgement): string | null {
  const count = judged.filter(({ verdict }) => 'measured' in verdict && verdict.measured !== null).length;
  if (count === 0) return null;
  const share = percentText(1 - confidence);
  const any = percentText(Math.min(1, count * (1 - confidence)));
  return `Each verdict is held to an error of ${share} by itself; over the ${count} claims measured here, one or more of them is wrong by chance in at most ${any} of such runs.`;
}

function rowOf(
  { claim, recipeId, reading, verdict, bySeeds }: JudgedClaim,
  dataset: DatasetId,
  judgement: Judgement,
): ClaimRow {
  const measured = 'measured' in verdict ? verdict.measured : null;
  const margin = marginOf(judgement, claim.metric) * Math.abs(claim.value);
  const elsewhere = claim.dataset === dataset ? '' : ` on ${datasets[claim.dataset].title}`;
  const readAs = reading ? ` (reading: ${reading.what})` : '';
  const { plain } = scoreWriter([claim.value]);
  return {
    id: reading ? `${claim.id}/${recipeId}` : claim.id,
    claim: `${claim.work}${readAs}${elsewhere}, ${parseMetric(claim.metric).title}, ${samplerText(claim.nfe)}`,
    published: publishedText(claim),
    selection: claim.selection,
    band: intervalText({ low: claim.value - margin, high: claim.value + margin, confidence: 1 }, plain),
    measured: measured ? measuredText(measured, plain) : '\u2013',
    further: measured ? intervalText(measured.prediction, plain) : '',
    asReported: measured ? asReportedText(measured, claim, plain) : '\u2013',
    verdict: verdictText(verdict),
    kind: verdict.kind,
    why: [whyText(verdict), givenText(measured)].filter((text) => text !== '').join('; '),
    bySeeds: bySeeds.map(({ seeds, verdict: early }) => `${seeds} ${kindText(early.kind)}`).join(', '),
    source: sourceText(claim),
  };
}

/** A published value, marked where it is recalled and not read. */
export function publishedText({ value, confidence }: Pick<Claim, 'value' | 'confidence'>): string {
  return confidence === 'memory' ? `${value} (recalled)` : String(value);
}

const confidenceNotes: Readonly<Record<Confidence, string>> = {
  text: '',
  quoted: ' (not read in the source itself)',
  memory: ' (recalled, to be confirmed in the source)',
};

export function sourceText({ source, confidence }: Pick<Claim, 'source' | 'confidence'>): string {
  return `${source}${confidenceNotes[confidence]}`;
}

type Plain = ScoreWriter['plain'];

function measuredText({ mean, interval, seeds, plannedSeeds }: Measured, plain: Plain): string {
  return `${plain(mean)} (${intervalText(interval, plain)}), n\u00a0=\u00a0${seeds} of ${plannedSeeds}`;
}

function asReportedText({ asReported, expectedSelectionGain }: Measured, { bestOf }: Claim, plain: Plain): string {
  if (bestOf === null) return 'rule not published, gain of choosing unknown';
  const gain =
    expectedSelectionGain === null
      ? '; gain of choosing unknown'
      : expectedSelectionGain === 0
        ? ''
        : `; choosing is expected to gain ${plain(expectedSelectionGain)}`;
  if (asReported === null) return `fewer than ${bestOf} draws per seed${gain}`;
  return `${plain(asReported)} (best of ${bestOf})${gain}`;
}

export function differenceText({ what, published, asRun }: AsRunRow): string {
  return `${what} ${parameterText(asRun)} in place of ${parameterText(published)}`;
}

/** A verdict on weights from elsewhere says nothing about their training. */
function givenText(measured: Measured | null): string {
  return measured?.of === 'evaluation' ? 'of weights that were not trained here: sampling and scoring alone' : '';
}

function whyText(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'inconclusive':
    case 'unstable':
      return verdict.why;
    case 'not-attempted':
      return verdict.reason;
    case 'scaled-recipe':
      return listText(verdict.differences.map(differenceText));
    case 'reproduced':
    case 'evaluation-reproduced':
    case 'worse':
    case 'better-audit':
      return '';
  }
}

function protocolRows(claims: readonly Claim[]): ClaimTable['protocols'] {
  const found = new Map<string, { protocol: Protocol; claims: Set<string> }>();
  for (const { protocol, work, dataset, metric } of claims) {
    const key = JSON.stringify(protocol);
    const known = found.get(key) ?? { protocol, claims: new Set() };
    known.claims.add(`${work} on ${datasets[dataset].title}, ${parseMetric(metric).title}`);
    found.set(key, known);
  }
  return [...found.values()].map(({ protocol, claims: names }) => ({
    claims: [...names].join('; '),
    protocol: protocolText(protocol),
    source: protocol.source,
  }));
}

function protocolText(protocol: Protocol): string {
  const { samples, weights, quantisation, extractor, extractorSha256, resize, reference, precisions } = protocol;
  return [
    `${parameterText(samples)} samples of the ${weights} weights in ${precisions.join(' or ')}`,
    quantisation === 'truncate' ? 'truncated to bytes' : 'rounded to bytes',
    `${extractor}${extractorSha256 === null ? ' (no hash is published)' : ` (${extractorSha256.slice(0, 12)})`}, resize ${resize}`,
    reference === null ? 'no reference' : `reference ${reference}`,
  ].join('; ');
}
