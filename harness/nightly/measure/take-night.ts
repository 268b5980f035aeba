/** @file Takes a night: registers its plan, measures every row of tonight's build beside the earlier one's. */
import { join } from 'node:path';
import { fingerprint } from '../../core/canonical-json.ts';
import type { Clock } from '../../core/clock.ts';
import { EngineError, described } from '../../core/errors.ts';
import { foreignShare, processorTime } from '../../bench/subjects/processor-time.ts';
import type { Machine } from '../../results/origin/machine.ts';
import { writeJsonAtomically } from '../../system/files/atomic-file.ts';
import { nightSchema, type Delivery, type Night } from '../night.ts';
import type { NightlyPlan, NightlyRow, PairedRow } from '../row.ts';
import { takeFixed, takeQuality, type OnceRequest } from './once.ts';
import { takeBlocks, type PairJudge, type PairsOf } from './paired.ts';
import type { ProbeAnswer } from './protocol.ts';
import type { Selection } from './selection.ts';
import type { Ask, Side } from './side.ts';
import type { NightTime } from './time-left.ts';

export interface NightRequest {
  readonly plan: NightlyPlan;
  readonly selection: Selection;
  readonly quick: boolean;
  readonly tonight: Side & { readonly dirty: boolean };
  /** The earlier build, or why there is none. */
  readonly against: Against;
  readonly ask: Ask;
  readonly judge: PairJudge;
  readonly time: NightTime;
  /** Where the plan is registered before anything runs. */
  readonly folder: string;
  readonly clock: Clock;
  readonly say: (text: string) => void;
}

export type Against =
  { readonly ref: string; readonly build: Side } | { readonly ref: string | null; readonly why: string };

export const planFileName = 'plan.json';
export const nightFileName = 'night.json';

/**
 * @throws EngineError when tonight's build does not run at all, and when the machine changes under way; nothing but the plan is written then
 */
export async function takeNight(request: NightRequest): Promise<Night> {
  const { plan, selection, tonight, clock, folder, quick } = request;
  const begun = clock.date().toISOString();
  const planSha256 = fingerprint(plan);
  writeJsonAtomically(join(folder, planFileName), { planSha256, plan });
  const run = new NightRun(request);
  const { machine, against } = await run.open();
  const deliveries = await run.measure();
  const night: Night = {
    schema: 'consistency-harness/night@1',
    begun,
    ended: clock.date().toISOString(),
    plan,
    planSha256,
    quick,
    build: { commit: tonight.commit, dirty: tonight.dirty },
    against,
    machine,
    foreignProcessorShare: run.foreignProcessorShare,
    deliveries: { ...selection.leftOut, ...deliveries },
    walks: [],
  };
  return nightSchema.parse(night);
}

/** Measures rows of one build beside another, as a night does: for walking back. */
export function measureRows(request: NightRequest, earlier: Side): Promise<Record<string, Delivery>> {
  return new NightRun(request, earlier).measure();
}

class NightRun {
  foreignProcessorShare: number | null = null;
  private readonly request: NightRequest;
  private machine: Machine | undefined;
  private earlier: Side | null;

  constructor(request: NightRequest, earlier: Side | null = null) {
    this.request = request;
    this.earlier = earlier;
  }

  /** Starts each build once, which installs its engine: whether it runs at all is known before anything is measured. */
  async open(): Promise<{ machine: Machine; against: Night['against'] }> {
    const { ask, tonight, against, say } = this.request;
    say('starting tonight’s build');
    const answer = await ask(tonight, 'machine');
    if ('why' in answer) {
      throw new EngineError({
        where: 'nightly',
        got: described(answer.why),
        expected: 'a build that runs',
        remedy: 'Run `npm run engine -- info` in this checkout',
      });
    }
    this.onAnswer(answer);
    if (!('build' in against)) {
      say(`no earlier build: ${against.why}`);
      return { machine: answer.machine, against };
    }
    const { ref, build } = against;
    say(`starting the earlier build, ${build.commit.slice(0, 12)}`);
    const theirs = await ask(build, 'machine');
    if ('why' in theirs) {
      say(`the earlier build does not run: ${theirs.why}`);
      return {
        machine: answer.machine,
        against: { ref, why: `${build.commit.slice(0, 12)} does not run: ${theirs.why}` },
      };
    }
    this.earlier = build;
    return { machine: answer.machine, against: { ref, build: { commit: build.commit, dirty: false } } };
  }

  async measure(): Promise<Record<string, Delivery>> {
    const { rows } = this.request.selection;
    const { tonight, ask, say } = this.request;
    const once: OnceRequest = {
      tonight,
      earlier: this.earlier,
      ask,
      onAnswer: (answer) => this.onAnswer(answer),
      onGroup: (group) => say(`measuring ${group}`),
    };
    const fixed = await takeFixed(rows.filter(isFixed), once);
    const quality = await takeQuality(rows.filter(isQuality), once);
    return { ...fixed, ...quality, ...(await this.paired(rows.filter(isPaired))) };
  }

  private async paired(rows: readonly PairedRow[]): Promise<Record<string, Delivery>> {
    const { plan, judge, time } = this.request;
    const before = processorTime([process.pid]);
    const first = await this.blocks(rows, 1);
    const alarmed = rows
      .filter(({ id }) => !('why' in first[id]!))
      .filter((row) => judge.alarm(pairsIn(first, row), row, plan.gate));
    if (alarmed.length > 0) this.request.say(`alarm: ${alarmed.map(({ id }) => id).join(', ')}; measuring again`);
    const second = alarmed.length > 0 && time.whole.left() > 0 ? await this.blocks(alarmed, 2) : {};
    const after = processorTime([process.pid]);
    this.foreignProcessorShare = before && after && foreignShare(before, after);
    return Object.fromEntries(rows.map((row) => [row.id, pairedDelivery(first[row.id]!, second[row.id])]));
  }

  private blocks(rows: readonly PairedRow[], stage: 1 | 2): Promise<PairsOf> {
    const { plan, tonight, ask, judge, time, clock, say } = this.request;
    const deadline = stage === 1 ? time.firstPairs() : time.whole;
    return takeBlocks({
      rows,
      gate: plan.gate,
      stage,
      tonight,
      earlier: this.earlier,
      ask,
      judge,
      deadline,
      lastDeadline: time.whole,
      clock,
      onAnswer: (answer) => this.onAnswer(answer),
      onBlock: (group, blocks) => {
        const minutes = Math.max(0, Math.round(deadline.left() / 6_000) / 10);
        say(`${group}: ${blocks} of ${plan.gate.fewestPairs} to ${plan.gate.mostPairs} pairs, ${minutes} min left`);
      },
    });
  }

  private onAnswer({ machine }: ProbeAnswer): void {
    this.machine ??= machine;
    if (machine.fingerprint === this.machine.fingerprint) return;
    const changed = (Object.keys(machine) as (keyof Machine)[]).find(
      (key) => key !== 'fingerprint' && fingerprint(machine[key]) !== fingerprint(this.machine![key]),
    );
    throw new EngineError({
      where: 'nightly',
      got: described(`another machine under way (${changed ?? 'fingerprint'} changed)`),
      expected: 'one machine for a whole night: both builds must run on the same',
      remedy: 'Start again; nothing was added to the history',
    });
  }
}

const isFixed = (row: NightlyRow) => row.kind === 'exact' || row.kind === 'count';
const isQuality = (row: NightlyRow) => row.kind === 'quality';
const isPaired = (row: NightlyRow): row is PairedRow => row.kind === 'speed' || row.kind === 'memory';

function pairsIn(pairs: PairsOf, { id }: PairedRow) {
  const found = pairs[id]!;
  return 'why' in found ? [] : found;
}

function pairedDelivery(first: PairsOf[string], second: PairsOf[string] | undefined): Delivery {
  if ('why' in first) return { kind: 'missing', why: first.why };
  const stages = second && !('why' in second) ? [first, second] : [first];
  return { kind: 'paired', stages };
}
