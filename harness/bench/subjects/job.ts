/** @file Job file of a benchmark process: one JSON file, the same format for this harness and its peers. */
import { z } from 'zod';
import { readText } from '../../system/files/input-file.ts';
import { asJson } from '../../core/record.ts';
import { ncsnppArchitecture, type NcsnppArchitecture } from '../../network/ncsnpp/modules.ts';
import { DataError, PlanError, described } from '../../core/errors.ts';
import { pseudoHuberConstant } from '../../method/distance.ts';
import { dropoutAsRun } from '../../plan/tuning.ts';
import type { Plan } from '../../plan/types.ts';
import type { Optimizer } from '../../recipe/types.ts';
import { levelRows } from '../../train/step.ts';
import { devices, type Device } from '../../core/device.ts';

/** What one iteration is: an optimizer step, a batch of one-step samples, or the features of a batch. */
export type BenchTask = 'step' | 'sample' | 'features';

const process = { device: z.enum(devices), threads: z.int().positive() };
/** `plan`: path of `plan.json`. */
const step = { task: z.literal('step'), plan: z.string() };
/** `images`: those of an iteration. */
const sample = { task: z.literal('sample'), plan: z.string(), images: z.int().positive() };
/** `inputs`: path of the common inputs (safetensors). */
const given = { ...process, inputs: z.string() };

/** Paths, of folders but for the graph and for the statistics of the reference images. */
const scoredWork = {
  images: z.string(),
  reference: z.string(),
  /** Images that need no resizing. */
  squares: z.string(),
  graph: z.string(),
  statistics: z.string(),
  kid: z.strictObject({ subsets: z.int().positive(), subsetSize: z.int().positive(), seed: z.int().nonnegative() }),
};

const workSchema = z.discriminatedUnion('task', [z.strictObject(step), z.strictObject(sample)]);
const jobSchema = z.discriminatedUnion('task', [
  z.strictObject({ ...given, ...step }),
  z.strictObject({ ...given, ...sample }),
  /** `graph`: path of the 2015 Inception graph in place of the classifier of shapes. */
  z.strictObject({ ...process, task: z.literal('features'), graph: z.string().nullable() }),
  z.strictObject({ ...process, task: z.literal('score'), ...scoredWork }),
  /** Sets the moments of the network in the file `graph` to those of the first images in a folder. */
  z.strictObject({ ...process, task: z.literal('calibrate'), graph: z.string(), images: z.string() }),
  /** Writes the common inputs of `work`, null where there are none, and measures what the device sustains. */
  z.strictObject({ ...process, task: z.literal('device'), work: workSchema.nullable() }),
]);

/** What a network does in one iteration, and by which plan. */
export type PlannedWork = z.infer<typeof workSchema>;

/** For a process of this harness. */
export type OwnJob = z.infer<typeof jobSchema>;
export type ScoreJob = Extract<OwnJob, { task: 'score' }>;

export type PeerFramework = 'torch-eager' | 'torch-compile' | 'jax';

/** For a peer (harness/bench/peers): it knows neither recipes nor plans, so every number is here. */
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

/**
 * The job of a process of this harness, as the command wrote it.
 * @throws DataError when the file is no job
 */
export function readOwnJob(path: string): OwnJob {
  const parsed = jobSchema.safeParse(asJson(readText(path)));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new DataError({
    where: path,
    got: described(`${issue.path.map(String).join('.') || 'its content'}: ${issue.message}`),
    expected: 'the job of a measured process',
    remedy: 'Start it through `npm run bench`',
  });
}

/** The plan that a process runs by; null where it runs by none. */
export function planOfJob(job: OwnJob): string | null {
  switch (job.task) {
    case 'step':
    case 'sample':
      return job.plan;
    case 'features':
    case 'score':
    case 'calibrate':
      return null;
    case 'device':
      return job.work?.plan ?? null;
  }
}
