/** @file Trains for a proof in this process: as a cell does, with scoring and logging as asked. */
import { join } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { Closing } from '../system/closing.ts';
import { CheckpointedExit } from '../core/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { scoreCurvePoint, type CurveValue } from '../evaluate/curve.ts';
import { cellSampler } from '../evaluate/draw.ts';
import { readSafetensors } from '../formats/safetensors.ts';
import { parameterLayout } from '../network/flat.ts';
import { buildNetwork } from '../network/network.ts';
import type { Plan } from '../plan/types.ts';
import { openDistance } from '../run/cell/distance.ts';
import { EventLog } from '../system/event-log.ts';
import { inTemporaryFolder, namesIn } from '../system/files/files.ts';
import { silence, type Output } from '../system/progress.ts';
import { eventsFileName, type TrainEvent } from '../train/events.ts';
import type { LossPoint } from '../train/loss-curve.ts';
import { train } from '../train/loop.ts';
import { newProgress, type TrainProgress } from '../train/progress.ts';
import type { NamedTensors } from './differences.ts';
import { proofInputs } from './proof-inputs.ts';
import { recordedDigests, type RecordedDigests } from './replay/recorded-digests.ts';

export interface TrainingChange {
  /** Whether points of the curve are sampled and scored; true by default. */
  readonly scored?: boolean;
  /** File or folder of images in place of what would be downloaded. */
  readonly data?: string;
  /** Where progress is written; nowhere by default. */
  readonly output?: Output;
  /** Stops after so many steps. */
  readonly steps?: number;
  /** What else is done after each step. */
  readonly afterStep?: () => void;
}

export interface ProofTraining {
  readonly state: NamedTensors;
  readonly loss: readonly LossPoint[];
  readonly digests: RecordedDigests;
}

/** Trains a plan in a folder of its own, which is removed. */
export function trainProof(engine: Engine, plan: Plan, change: TrainingChange = {}): Promise<ProofTraining> {
  const { scored = true, output = silence, steps, afterStep, data } = change;
  return inTemporaryFolder('verify-train-', async (folder) => {
    using closing = new Closing();
    const { openSource, openScorer } = proofInputs(output, data);
    const source = closing.add(await openSource(plan), (opened) => opened.close());
    const scoring = scored ? await openScorer({ plan, engine, source, output, clock: systemClock }) : null;
    const scorer = scoring?.kind === 'open' ? closing.add(scoring.scorer, (opened) => opened.close()) : null;
    const { network, parameters } = buildNetwork(plan.recipe, plan.engine);
    const layout = parameterLayout(parameters);
    const sampler = closing.add(cellSampler(plan, layout, network), (opened) => opened.dispose());
    const checkpointFolder = join(folder, 'checkpoints');
    const events = new EventLog<TrainEvent>(join(folder, eventsFileName));
    let taken = 0;
    let progress: TrainProgress<CurveValue[]> = newProgress();
    try {
      const trained = await train<CurveValue[]>({
        plan,
        source,
        network,
        layout,
        distance: await openDistance(plan, output),
        checkpointFolder,
        events,
        clock: systemClock,
        output,
        score: (step, samplingEma) =>
          scored ? scoreCurvePoint({ plan, sampler, scorer }, step, samplingEma) : Promise.resolve([]),
        stopRequested: () => {
          afterStep?.();
          taken += 1;
          return taken === steps;
        },
        onProgress: (begun) => (progress = begun),
        replayCommand: 'npm run verify',
      });
      trained.step.dispose();
    } catch (thrown) {
      if (!(thrown instanceof CheckpointedExit)) throw thrown;
    }
    // Training ends with a checkpoint, at its end and wherever it is stopped.
    const { tensors: state } = readSafetensors(join(checkpointFolder, namesIn(checkpointFolder).at(-1)!));
    return { state, loss: progress.loss, digests: recordedDigests(events.path) };
  });
}
