/** @file Measures what needs no repetition: hashes and counts once per build, quality once per seed. */
import type { Delivery } from '../night.ts';
import type { NightlyRow } from '../row.ts';
import type { ProbeAnswer, ProbeValue } from './protocol.ts';
import { byGroup } from './selection.ts';
import type { Ask, Side } from './side.ts';

export interface OnceRequest {
  readonly tonight: Side;
  readonly earlier: Side | null;
  readonly ask: Ask;
  readonly onAnswer: (answer: ProbeAnswer) => void;
  /** Told before each process. */
  readonly onGroup: (group: string) => void;
}

type Answer = ProbeAnswer | { readonly why: string };
type QualityRow = Extract<NightlyRow, { kind: 'quality' }>;
type FixedRow = Extract<NightlyRow, { kind: 'exact' | 'count' }>;

/** Hashes and counts. */
export async function takeFixed(rows: readonly FixedRow[], request: OnceRequest): Promise<Record<string, Delivery>> {
  const deliveries: Record<string, Delivery> = {};
  for (const [group, members] of byGroup(rows)) {
    request.onGroup(group);
    const tonight = await answered(request, request.tonight, group);
    const earlier = request.earlier && (await answered(request, request.earlier, group));
    for (const row of members) deliveries[row.id] = fixedDelivery(row, tonight, earlier);
  }
  return deliveries;
}

function fixedDelivery(row: FixedRow, tonight: Answer, earlier: Answer | null): Delivery {
  const own = valueIn(tonight, row);
  const other = earlier && valueIn(earlier, row);
  if (row.kind === 'exact') {
    if (own.kind !== 'exact') return missing(own, row);
    const value = { sha256: own.sha256, numbers: own.numbers };
    const before = other?.kind === 'exact' ? { sha256: other.sha256, numbers: other.numbers } : null;
    return { kind: 'exact', tonight: value, earlier: before };
  }
  if (own.kind !== 'count') return missing(own, row);
  const value = { value: own.value, parts: own.parts };
  const before = other?.kind === 'count' ? { value: other.value, parts: other.parts } : null;
  return { kind: 'count', tonight: value, earlier: before };
}

/** Cells at every seed of the rows: a process each, tonight's and the earlier build's one after the other. */
export async function takeQuality(
  rows: readonly QualityRow[],
  request: OnceRequest,
): Promise<Record<string, Delivery>> {
  const deliveries: Record<string, Delivery> = {};
  for (const [group, members] of byGroup(rows)) {
    const seeds = [...new Set(members.flatMap((row) => row.seeds))];
    const answers = new Map<number, { tonight: Answer; earlier: Answer | null }>();
    for (const seed of seeds) {
      request.onGroup(`${group} seed ${seed}`);
      const tonight = await answered(request, request.tonight, group, seed);
      const earlier = request.earlier && (await answered(request, request.earlier, group, seed));
      answers.set(seed, { tonight, earlier });
    }
    for (const row of members) deliveries[row.id] = qualityDelivery(row, answers);
  }
  return deliveries;
}

function qualityDelivery(
  row: QualityRow,
  answers: ReadonlyMap<number, { readonly tonight: Answer; readonly earlier: Answer | null }>,
): Delivery {
  const values = row.seeds.map((seed) => {
    const { tonight, earlier } = answers.get(seed)!;
    const other = earlier && valueIn(earlier, row);
    return { seed, own: valueIn(tonight, row), earlier: other?.kind === 'quality' ? other.score : null };
  });
  return {
    kind: 'quality',
    seeds: values.flatMap(({ seed, own, earlier }) =>
      own.kind === 'quality' ? [{ seed, tonight: own.score, earlier }] : [],
    ),
    missing: values.flatMap(({ seed, own }) => (own.kind === 'quality' ? [] : [{ seed, why: whyOf(own, row) }])),
  };
}

async function answered({ ask, onAnswer }: OnceRequest, side: Side, group: string, seed?: number): Promise<Answer> {
  const answer = await ask(side, group, seed);
  if ('rows' in answer) onAnswer(answer);
  return answer;
}

/** The value of a row in an answer; of another version there is none. */
export function valueIn(answer: Answer, row: NightlyRow): ProbeValue {
  if ('why' in answer) return { kind: 'failed', why: answer.why };
  const found = answer.rows[row.id];
  if (!found) return { kind: 'failed', why: `group ${row.group} of this build delivers no row ${row.id}` };
  if (found.version !== row.version) return { kind: 'failed', why: `it has version ${found.version} of the row` };
  return found.value;
}

function missing(value: ProbeValue, row: NightlyRow): Delivery {
  return { kind: 'missing', why: whyOf(value, row) };
}

export function whyOf(value: ProbeValue, row: NightlyRow): string {
  return value.kind === 'failed' ? value.why : `a value of kind ${value.kind} in place of one of ${row.kind}`;
}
