/** @file What a subject of a benchmark is told before it begins: one JSON file per process, the same for this harness and for its peers. */
import { readText } from '../../system/files/input-file.ts';
import { ncsnppArchitecture, type NcsnppArchitecture } from '../../network/ncsnpp/modules.ts';
import { PlanError, described } from '../../core/errors.ts';
import { pseudoHuberConstant } from '../../method/distance.ts';
import { dropoutAsRun } from '../../plan/tuning.ts';
import type { Plan } from '../../plan/types.ts';
import type { Optimizer } from '../../recipe/types.ts';
import { levelRows } from '../../train/step.ts';
import type { Device } from '../../core/device.ts';

/** What one iteration is: an optimizer step, a batch of one-step samples, or the features of a batch. */
export type BenchTask = 'step' | 'sample' | 'features';

/** For a process of this harness; `device` prepares the inputs and measures what the device sustains. */
export interface OwnJob {
  readonly task: BenchTask | 'device';
  readonly device: Device;
  readonly threads: number;
  /** Path of `plan.json`; absent for features. */
  readonly plan?: string;
  /** Common inputs (safetensors); absent for features. */
  readonly inputs?: string;
  /** Images of an iteration of `sample`. */
  readonly sampleImages?: number;
  /** The 2015 Inception graph in place of the classifier of shapes. */
  readonly graph?: string;
}

export type PeerFramework = 'torch-eager' | 'torch-compile' | 'jax';

/** For a peer (scripts/peers): it knows neither recipes nor plans, so every number is here. */
export interface PeerJob {
  readonly task: 'step' | 'sample';
  readonly framework: PeerFramework;
  /** Of PyTorch's convolutions; JAX chooses its own. */
  readonly memoryFormat: 'channels-last' | 'contiguous';
  readonly device: Device;
  readonly threads: number;
  readonly tensorFloat32: boolean;
  readonly inputs: string;
  readonly architecture: NcsnppArchitecture;
  readonly levelRows: readonly string[];
  readonly huberConstant: number;
  readonly dropout: number;
  readonly dropoutMaxResolution: number | null;
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  readonly samplingEmaDecay: number;
}

/** @throws PlanError for a plan that the peers have no code for */
export function peerJob(
  plan: Plan,
  own: Pick<PeerJob, 'task' | 'framework' | 'memoryFormat' | 'threads' | 'inputs'>,
): PeerJob {
  const { recipe, engine, asRun } = plan;
  const { network, method, tuning } = recipe;
  if (network.kind !== 'ncsnpp' || method.distance.kind !== 'pseudo-huber' || method.teacher.kind !== 'stop-gradient') {
    throw new PlanError({
      where: '--peers',
      got: described(`recipe ${recipe.id}`),
      expected: 'iCT with NCSN++: the peers have code for nothing else',
      remedy: 'Leave out --peers',
    });
  }
  return {
    ...own,
    device: engine.device,
    tensorFloat32: engine.tf32,
    architecture: ncsnppArchitecture(network),
    levelRows,
    huberConstant: pseudoHuberConstant(method.distance.cPerSqrtDim, 3 * network.resolution ** 2),
    dropout: dropoutAsRun(plan),
    dropoutMaxResolution: tuning.dropoutMaxResolution,
    optimizer: recipe.optimizer,
    learningRate: tuning.learningRate,
    samplingEmaDecay: asRun.samplingEmaDecay,
  };
}

/** The job of a process of this harness, as the command wrote it. */
export function readOwnJob(path: string): OwnJob {
  return JSON.parse(readText(path)) as OwnJob;
}
