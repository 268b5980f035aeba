/** @file A run small enough to be repeated in a test: the twin's recipes with a narrower network and a few steps. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../harness/core/clock.ts';
import { EventLog } from '../../harness/system/event-log.ts';
import { sha256 } from '../../harness/core/hash.ts';
import { silence } from '../../harness/system/progress.ts';
import { openDistance } from '../../harness/run/cell/distance.ts';
import { openShapes } from '../../harness/data/shapes.ts';
import { disposeTree } from '../../harness/engine/compile/tree.ts';
import { buildNetwork } from '../../harness/network/network.ts';
import { parameterLayout } from '../../harness/network/flat.ts';
import { engineSettings } from '../../harness/plan/engine-settings.ts';
import { resolvePlan } from '../../harness/plan/resolve.ts';
import type { EngineSettings, Plan } from '../../harness/plan/types.ts';
import type { Recipe } from '../../harness/recipe/types.ts';
import type { TrainEvent } from '../../harness/train/events.ts';
import { train, type TrainOptions, type Trained } from '../../harness/train/loop.ts';
import { storedState } from '../../harness/train/state.ts';
import { scales } from '../../recipes/scales.ts';
import { recipes } from '../../recipes/index.ts';

export interface TinyOptions {
  readonly recipe?: 'shapes-ct' | 'shapes-ict';
  readonly seed?: number;
  readonly steps?: number;
  readonly dropout?: number;
  readonly engine?: Partial<EngineSettings>;
  readonly learningRate?: number;
  /** The scale's rate, in place of the recipe's. */
  readonly dropoutAsRun?: number;
}

export function tinyPlan({
  recipe = 'shapes-ict',
  seed = 0,
  steps = 6,
  dropout = 0.2,
  dropoutAsRun,
  engine = {},
  learningRate,
}: TinyOptions = {}): Plan {
  const base = recipes[recipe]!;
  const tiny: Recipe = {
    ...base,
    network: {
      kind: 'ncsnpp',
      resolution: 16,
      baseChannels: 8,
      channelMultipliers: [1, 2],
      blocksPerLevel: 1,
      attentionResolutions: [8],
    },
    tuning: { ...base.tuning, dropout, learningRate: learningRate ?? base.tuning.learningRate },
  };
  const scale = {
    ...scales.shapes.smoke!,
    steps,
    batchImages: 8,
    maxIntervals: 20,
    checkpointEverySteps: 4,
    curvePoints: 2,
    ...(dropoutAsRun !== undefined && { dropout: dropoutAsRun }),
  };
  return resolvePlan({ recipe: tiny, scale, seed, engine: engineSettings(8, { device: 'cpu', ...engine }) });
}

export interface TinyRun {
  readonly folder: string;
  /** sha256 of every value of the final state. */
  readonly stateSha256: string;
  readonly loss: Trained<number>['progress']['loss'];
  readonly events: TrainEvent[];
}

/** Trains a plan in `folder` (a new one by default) and hashes what comes out. */
export async function trainTiny(
  plan: Plan,
  options: Partial<TrainOptions<number>> & { folder?: string } = {},
): Promise<TinyRun> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'tiny-run-'));
  const built = buildNetwork(plan.recipe, plan.engine);
  const layout = parameterLayout(built.parameters);
  const trained = await train<number>({
    plan,
    source: openShapes(),
    network: built.network,
    layout,
    distance: await openDistance(plan, silence),
    checkpointFolder: join(folder, 'checkpoints'),
    events: new EventLog<TrainEvent>(join(folder, 'events.jsonl')),
    clock: systemClock,
    output: silence,
    score: () => Promise.resolve(0),
    stopRequested: () => false,
    replayCommand: 'npm run reproduce shapes',
    ...options,
  });
  const state = trained.step.read();
  const bytes = storedState(layout, state).map(([, tensor]) => tensor.bytes);
  disposeTree(state);
  trained.step.dispose();
  const events = readFileSync(join(folder, 'events.jsonl'), 'utf8').trim().split('\n');
  return {
    folder,
    stateSha256: sha256(Buffer.concat(bytes)),
    loss: trained.progress.loss,
    events: events.map((line) => JSON.parse(line) as TrainEvent),
  };
}
