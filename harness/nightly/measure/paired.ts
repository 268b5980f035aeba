/**
 * @file Measures rows of speed and memory in blocks: both builds each start a fresh process of the group.
 *
 * A process is faster or slower as a whole, by where its memory lies: the pair of a block counts once, however many iterations it took.
 */
import { HostRandom } from '../../core/random.ts';
import type { Clock } from '../../core/clock.ts';
import type { Pair } from '../night.ts';
import type { Gate, PairedRow } from '../row.ts';
import { firstAlarm, logRatios, wantsMore } from '../statistics/gate.ts';
import { valueIn, whyOf } from './once.ts';
import type { ProbeAnswer } from './protocol.ts';
import { byGroup } from './selection.ts';
import type { Ask, Side } from './side.ts';
import type { Deadline } from './time-left.ts';

/** When pairs are enough, and whether they alarm. */
export interface PairJudge {
  readonly enough: (pairs: readonly Pair[], row: PairedRow, gate: Gate) => boolean;
  readonly alarm: (pairs: readonly Pair[], row: PairedRow, gate: Gate) => boolean;
}

/** By the statistics of the gate. */
export const pairJudge: PairJudge = {
  enough: (pairs, { margin }, gate) => !wantsMore(logRatios(pairs), { gate, margin }),
  alarm: (pairs, { margin }, gate) => {
    const ratios = logRatios(pairs);
    return ratios.length > 0 && firstAlarm(ratios, { gate, margin }) !== null;
  },
};

export interface BlocksRequest {
  readonly rows: readonly PairedRow[];
  readonly gate: Gate;
  /** Which stage: orders are drawn anew. */
  readonly stage: 1 | 2;
  readonly tonight: Side;
  readonly earlier: Side | null;
  readonly ask: Ask;
  readonly judge: Pick<PairJudge, 'enough'>;
  readonly deadline: Deadline;
  /** For the first block of each group: a slow hour gives few pairs, and not none. */
  readonly lastDeadline: Deadline;
  readonly clock: Clock;
  readonly onBlock: (group: string, blocks: number) => void;
  /** Told of every answer. @throws to end the night */
  readonly onAnswer: (answer: ProbeAnswer) => void;
}

/** By id of the row: its pairs, or why there is none. */
export type PairsOf = Readonly<Record<string, readonly Pair[] | { readonly why: string }>>;

/** Takes blocks of every group in turn until each has enough of them, its time is gone, or the deadline has come. */
export async function takeBlocks(request: BlocksRequest): Promise<PairsOf> {
  const { gate, stage } = request;
  const open = [...byGroup(request.rows)].map(([group, rows]) => new Blocks(group, rows, request));
  const all = [...open];
  for (let round = 0; open.some((one) => one.isOpen()); round++) {
    const random = new HostRandom(gate.seed, 'bootstrap', 2 * round + stage - 1);
    for (const i of random.permutation(open.length)) {
      const blocks = open[i]!;
      if (blocks.isOpen()) await blocks.take(random.uniform() < 0.5 ? 'tonight' : 'earlier');
    }
  }
  return Object.assign({}, ...all.map((one) => one.pairs())) as PairsOf;
}

class Blocks {
  private readonly group: string;
  private readonly rows: readonly PairedRow[];
  private readonly request: BlocksRequest;
  private readonly taken = new Map<string, Pair[]>();
  private readonly failures = new Map<string, string>();
  private blocks = 0;
  private spent = 0;
  private longest = 0;
  /** Whether the earlier build has answered for the group. */
  private earlier: Side | null;

  constructor(group: string, rows: readonly PairedRow[], request: BlocksRequest) {
    this.group = group;
    this.rows = rows;
    this.request = request;
    this.earlier = request.earlier;
    for (const { id } of rows) this.taken.set(id, []);
  }

  isOpen(): boolean {
    const { gate, judge, deadline, lastDeadline } = this.request;
    const rows = this.rows.filter(({ id }) => !this.failures.has(id));
    if (rows.length === 0 || this.blocks >= gate.mostPairs) return false;
    if (this.blocks === 0) return lastDeadline.left() > 0;
    // What the last block took, the next will take.
    if (deadline.left() < this.longest) return false;
    if (this.blocks < gate.fewestPairs) return true;
    if (!this.earlier || this.spent > 1000 * Math.max(...rows.map(({ budgetSeconds }) => budgetSeconds))) return false;
    return rows.some((row) => !judge.enough(this.taken.get(row.id)!, row, gate));
  }

  async take(first: Pair['first']): Promise<void> {
    const { tonight, clock } = this.request;
    const begun = clock.now();
    const order = first === 'tonight' ? (['tonight', 'earlier'] as const) : (['earlier', 'tonight'] as const);
    const answers: Partial<Record<Pair['first'], ProbeAnswer | { readonly why: string }>> = {};
    for (const which of order) {
      const side = which === 'tonight' ? tonight : this.earlier;
      if (side) answers[which] = await this.answer(side);
    }
    const took = clock.now() - begun;
    this.blocks += 1;
    this.spent += took;
    this.longest = Math.max(this.longest, took);
    this.note(first, answers.tonight!, answers.earlier);
    this.request.onBlock(this.group, this.blocks);
  }

  pairs(): PairsOf {
    const entries = this.rows.map(({ id }) => {
      const why = this.failures.get(id);
      const pairs = this.taken.get(id)!;
      if (why !== undefined) return [id, { why }] as const;
      return [id, pairs.length === 0 ? { why: 'the budget was gone before its first pair' } : pairs] as const;
    });
    return Object.fromEntries(entries);
  }

  private async answer(side: Side): Promise<ProbeAnswer | { readonly why: string }> {
    const answer = await this.request.ask(side, this.group);
    if ('rows' in answer) this.request.onAnswer(answer);
    return answer;
  }

  private note(
    first: Pair['first'],
    tonight: ProbeAnswer | { readonly why: string },
    earlier: ProbeAnswer | { readonly why: string } | undefined,
  ): void {
    for (const row of this.rows) {
      const own = valueOf(tonight, row);
      if (typeof own !== 'number') {
        this.failures.set(row.id, own.why);
        continue;
      }
      const other = earlier === undefined ? null : valueOf(earlier, row);
      this.taken.get(row.id)!.push({ tonight: own, earlier: typeof other === 'number' ? other : null, first });
    }
    // A build that cannot answer now will not answer later; what it answered stays.
    if (earlier && this.rows.every((row) => typeof valueOf(earlier, row) !== 'number')) this.earlier = null;
  }
}

function valueOf(answer: ProbeAnswer | { readonly why: string }, row: PairedRow): number | { readonly why: string } {
  const value = valueIn(answer, row);
  return value.kind === 'paired' ? value.value : { why: whyOf(value, row) };
}
