/** @file What a benchmark is asked for. */
import type { EngineSettings, Plan } from '../plan/types.ts';
import type { BenchTask } from './subjects/job.ts';
import type { Device } from '../core/device.ts';

export interface BenchRequest {
  readonly task: BenchTask;
  /** Name of the network and batch; of the extractor where `workload` is null. */
  readonly size: string;
  /** Null for features. */
  readonly workload: Workload | null;
  /** The 2015 Inception graph, for features. */
  readonly graph?: string;
  readonly rounds: number;
  readonly threads: number;
  readonly device: Device;
  /** Ids of subjects; null: all. */
  readonly only: readonly string[] | null;
  /** Null where none are asked for. */
  readonly peers: { readonly python: string; readonly scripts: string } | null;
  /** Program and arguments of a measured process of this harness; the path of its job is added. */
  readonly ownProcess: readonly [string, ...string[]];
  /** Root of the checkout, for provenance. */
  readonly root: string;
  /** The command line that measures again. */
  readonly command: string;
}

interface Workload {
  readonly planOf: (settings: Pick<EngineSettings, 'mode' | 'precision'>) => Plan;
  /** Images of an iteration of `sample`. */
  readonly sampleImages: number;
}
