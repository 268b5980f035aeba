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

/** The part of an element that is used here; the harness is compiled without the types of a browser. */
interface Element {
  textContent: string | null;
  hidden: boolean;
  readonly value: string;
  readonly checked: boolean;
  className: string;
  addEventListener(event: 'input', listener: () => void): void;
  append(...children: Element[]): void;
  replaceChildren(...children: Element[]): void;
}

declare const document: {
  getElementById(id: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element>;
  createElement(name: string): Element;
};

const data = JSON.parse(element('rejudge-data').textContent ?? '') as RejudgeData;

element('rejudge').hidden = false;
element('rejudge-form').addEventListener('input', judge);
judge();

function judge(): void {
  const confidence = Number(element('rejudge-confidence').value);
  const relativeMargin = Number(element('rejudge-margin').value) / 100;
  const kept = new Set([...document.querySelectorAll('input[name="rejudge-seed"]')].filter(isChecked).map(seedOf));
  element('rejudge-margin-text').textContent = `\u00b1 ${element('rejudge-margin').value} %`;
  const lines = [...comparisons(confidence, kept), ...verdicts(confidence, relativeMargin, kept)];
  element('rejudge-output').replaceChildren(...lines.map(listItem));
}

interface Line {
  readonly head: string;
  readonly claim: string;
  readonly detail: string;
}

function* comparisons(confidence: number, kept: ReadonlySet<number>): Generator<Line> {
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

function* verdicts(confidence: number, relativeMargin: number, kept: ReadonlySet<number>): Generator<Line> {
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

function listItem({ head, claim, detail }: Line): Element {
  const item = document.createElement('li');
  item.append(span('head', head), span('claim', claim), span('detail', detail));
  return item;
}

function span(name: string, text: string): Element {
  const made = document.createElement('span');
  made.className = name;
  made.textContent = text;
  return made;
}

function element(id: string): Element {
  const found = document.getElementById(id);
  if (!found) throw new Error(`report: no element "${id}"`);
  return found;
}

function isChecked({ checked }: Element): boolean {
  return checked;
}

function seedOf({ value }: Element): number {
  return Number(value);
}
