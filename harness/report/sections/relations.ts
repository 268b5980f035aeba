/** @file Table of published ratios and orders, each with its verdict. */
import { datasets, type DatasetId } from '../../recipe/dataset.ts';
import type { JudgedOrder, JudgedRatio } from '../../judge/papers.ts';
import { intervalText, listText, scoreWriter } from '../words/numbers.ts';
import { kindText } from '../words/verdict.ts';
import { differenceText, sourceText } from './claims.ts';
import type { ReportContext } from './context.ts';

interface RelationRow {
  readonly id: string;
  readonly says: string;
  readonly measured: string;
  readonly verdict: string;
  readonly kind: string;
  readonly why: string;
  readonly source: string;
}

export interface RelationTable {
  readonly rows: readonly RelationRow[];
  /** On recipes that this run does not hold, or holds at another scale. */
  readonly untouched: readonly RelationRow[];
}

export function relationTable(
  { dataset }: ReportContext,
  ratios: readonly JudgedRatio[],
  orders: readonly JudgedOrder[],
): RelationTable {
  const rows = [...ratios.map((one) => ratioRow(one, dataset)), ...orders.map((one) => orderRow(one, dataset))];
  const isTouched = ({ kind }: RelationRow): boolean => kind !== 'not-attempted' && kind !== 'scaled-recipe';
  return { rows: rows.filter(isTouched), untouched: rows.filter((row) => !isTouched(row)) };
}

function ratioRow({ claim, verdict }: JudgedRatio, dataset: DatasetId): RelationRow {
  const { measured } = verdict;
  const times = (value: number): string => `${value.toFixed(2)}x`;
  return {
    ...rowOf(claim, verdict, dataset),
    measured: measured
      ? `${times(measured.ratio)} (${intervalText(measured.interval, times)}), reproduced inside ${intervalText({ ...measured.band, confidence: 1 }, times)}, n\u00a0=\u00a0${measured.seeds} of ${measured.plannedSeeds}`
      : '\u2013',
  };
}

function orderRow({ claim, verdict }: JudgedOrder, dataset: DatasetId): RelationRow {
  const { measured } = verdict;
  const { signed } = scoreWriter(measured ? [measured.lead] : []);
  return {
    ...rowOf(claim, verdict, dataset),
    measured: measured
      ? `ahead by ${signed(measured.lead)} (${intervalText(measured.interval, signed)}), n\u00a0=\u00a0${measured.seeds} of ${measured.plannedSeeds}`
      : '\u2013',
  };
}

function rowOf(
  claim: JudgedRatio['claim'] | JudgedOrder['claim'],
  { kind, why, differences }: JudgedRatio['verdict'] | JudgedOrder['verdict'],
  dataset: DatasetId,
): Omit<RelationRow, 'measured'> {
  const elsewhere = claim.dataset === dataset ? '' : ` on ${datasets[claim.dataset].title}`;
  return {
    id: claim.id,
    says: `${claim.says}${elsewhere}`,
    verdict: kindText(kind),
    kind,
    why: [why, listText(differences.map(differenceText))].filter((text) => text !== '').join('; '),
    source: sourceText(claim),
  };
}
