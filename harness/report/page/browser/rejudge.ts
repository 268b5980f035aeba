/**
 * @file Script of the page: repeats comparisons and verdicts with the reader's thresholds.
 *
 * They are confidence, margin and seeds; the code is the harness's own.
 */
import { compareSeeds, type SeedValue } from '../../../judge/compare.ts';
import type { Judgement } from '../../../results/judgement.ts';
import { judgeClaim, type MeasuredEvidence, type PublishedClaim } from '../../../judge/verdict.ts';
import { statementOf } from '../../words/statement.ts';
import { verdictText } from '../../words/verdict.ts';
import { element, elements, judgeAgain, carriedData, type JudgedLine, type PageElement } from './page-elements.ts';

/** What the page carries for it, as JSON. */
export interface RejudgeData {
  readonly seeds: readonly number[];
  /** As registered. */
  readonly judgement: Judgement;
  /** The first is the baseline. */
  readonly recipes: readonly { readonly id: string; readonly label: string }[];
  readonly columns: readonly {
    readonly title: string;
    readonly better: 'lower' | 'higher';
    readonly values: Readonly<Record<string, readonly SeedValue[]>>;
  }[];
  /** Claims that have measured evidence. */
  readonly claims: readonly {
    readonly label: string;
    readonly claim: PublishedClaim;
    readonly evidence: MeasuredEvidence;
  }[];
}

const data = carriedData() as RejudgeData;

judgeAgain(() => {
  const confidence = Number(element('rejudge-confidence').value);
  const relativeMargin = Number(element('rejudge-margin').value) / 100;
  const kept = new Set(elements('input[name="rejudge-seed"]').filter(isChecked).map(seedOf));
  element('rejudge-margin-text').textContent = `\u00b1 ${element('rejudge-margin').value} %`;
  return [...comparisons(confidence, kept), ...verdicts(confidence, relativeMargin, kept)];
});

function* comparisons(confidence: number, kept: ReadonlySet<number>): Generator<JudgedLine> {
  const [baseline, ...others] = data.recipes;
  const among = (values: readonly SeedValue[] | undefined): SeedValue[] =>
    (values ?? []).filter(({ seed }) => kept.has(seed));
  const { minimumSeeds } = data.judgement;
  for (const candidate of others) {
    const inputs = data.columns.map(({ better, values }) => ({
      baseline: among(values[baseline!.id]),
      candidate: among(values[candidate.id]),
      plannedSeeds: data.seeds.filter((seed) => kept.has(seed)),
      better,
    }));
    for (const [i, comparison] of compareSeeds(inputs, { confidence, minimumSeeds }).entries()) {
      yield { head: data.columns[i]!.title, ...statementOf(comparison, baseline!.label, candidate.label) };
    }
  }
}

function* verdicts(confidence: number, relativeMargin: number, kept: ReadonlySet<number>): Generator<JudgedLine> {
  const judgement = withMargin(data.judgement, confidence, relativeMargin);
  for (const { label, claim, evidence } of data.claims) {
    const chosen: MeasuredEvidence = {
      ...evidence,
      seeds: evidence.seeds.filter(({ seed }) => kept.has(seed)),
      plannedSeeds: evidence.plannedSeeds.filter((seed) => kept.has(seed)),
      divergedSeeds: evidence.divergedSeeds.filter((seed) => kept.has(seed)),
    };
    const verdict = judgeClaim(claim, chosen, judgement);
    yield { head: label, claim: `Published ${claim.value}: ${verdictText(verdict)}.`, detail: '' };
  }
}

/** The reader's margin is that of FID; those of other metrics move in proportion. */
function withMargin(registered: Judgement, confidence: number, relativeMargin: number): Judgement {
  const factor = relativeMargin / registered.relativeMargin;
  const margins = Object.entries(registered.margins ?? {}).map(([family, share]) => [family, share * factor]);
  return { ...registered, confidence, relativeMargin, margins: Object.fromEntries(margins) as Record<string, number> };
}

function isChecked({ checked }: PageElement): boolean {
  return checked;
}

function seedOf({ value }: PageElement): number {
  return Number(value);
}
