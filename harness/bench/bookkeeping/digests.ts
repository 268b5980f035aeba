/** @file Times steps with and without digests in turns, and the hashing of a state. */
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { disposeTree } from '../../engine/ops.ts';
import { tensorHashes } from '../../formats/content-hash.ts';
import type { Plan } from '../../plan/types.ts';
import { EventLog } from '../../system/event-log.ts';
import { inTemporaryFolder } from '../../system/files/files.ts';
import type { ImageDistance } from '../../train/distance/distance.ts';
import { eventsFileName, type TrainEvent } from '../../train/events.ts';
import { storedState } from '../../train/state.ts';
import { Digests, tensorsDue } from '../../train/watch/digests.ts';
import { openedStep } from '../subjects/opened-step.ts';

/** Of one round: both stretches and one hashing. */
interface DigestRound {
  /** Seconds per step without digests. */
  readonly off: number;
  /** Seconds per step with bits of losses and gradient norms in the event log, a line at the end of the stretch. */
  readonly on: number;
  /** Seconds to copy the state to the host, hash every tensor and write the hashes. */
  readonly hashing: number;
}

export interface DigestTimes {
  readonly rounds: readonly DigestRound[];
  /** Hashings of tensors beside those of checkpoints in the whole run of the plan. */
  readonly hashings: number;
}

/**
 * Rounds of a stretch of steps with and one without digests, the one that goes first changing every round. A stretch is shorter than the
 * 256 steps of a line of the log: what writing costs is overstated.
 * @param distance of the plan's recipe
 * @param steps of a stretch
 */
export function timeDigests(
  plan: Plan,
  distance: ImageDistance,
  {
    rounds,
    steps,
    clock,
    onRound,
  }: { rounds: number; steps: number; clock: Clock; onRound?: ((done: number) => void) | undefined },
): Promise<DigestTimes> {
  const { asRun } = plan;
  const { layout, step: training, take } = openedStep(plan, distance);
  const seconds = (work: () => void): number => {
    const begun = clock.now();
    work();
    return (clock.now() - begun) / 1000;
  };
  let k = 0;
  /** As the loop has it, reading after each step. */
  const stretch = (note: (step: number, loss: number, gradientNorm: number) => void): void => {
    for (let i = 0; i < steps; i++) {
      const [loss, gradientNorm] = take(k);
      k += 1;
      note(k, loss!, gradientNorm!);
    }
  };
  return inTemporaryFolder('bench-digests-', (folder) => {
    const digests = new Digests(new EventLog<TrainEvent>(join(folder, eventsFileName)));
    const off = (): number => seconds(() => stretch(() => undefined)) / steps;
    const on = (): number =>
      seconds(() => {
        stretch((step, loss, gradientNorm) => digests.note(step, loss, gradientNorm));
        digests.write();
      }) / steps;
    const hash = (): number =>
      seconds(() => {
        const read = training.read();
        digests.tensors(k, tensorHashes(storedState(layout, read)));
        disposeTree(read);
      });
    const measured: DigestRound[] = [];
    // The first round compiles and warms up.
    for (let round = 0; round <= rounds; round++) {
      const onFirst = round % 2 === 1 ? on() : null;
      const without = off();
      const one = { off: without, on: onFirst ?? on(), hashing: hash() };
      if (round > 0) measured.push(one);
      onRound?.(round);
    }
    training.dispose();
    const due = Array.from({ length: asRun.checkpointEverySteps }, (_, i) => i + 1);
    const hashings = due.filter((step) => step <= asRun.steps && tensorsDue(step, asRun)).length;
    return Promise.resolve({ rounds: measured, hashings });
  });
}
