/** @file Type of a request for a benchmark: task, size, rounds, device, subjects. */
import type { EngineSettings, Plan } from '../plan/types.ts';
import type { Device } from '../core/device.ts';

export type BenchRequest = BenchWork & BenchSettings;

/** What is measured. */
export type BenchWork = NetworkWork | FeaturesWork;

export interface NetworkWork {
  readonly task: 'step' | 'sample';
  /** Name of the network and batch. */
  readonly size: string;
  readonly workload: Workload;
}

interface FeaturesWork {
  readonly task: 'features';
  /** Name of the extractor. */
  readonly size: string;
  readonly workload: null;
  /** The 2015 Inception graph in place of the classifier of shapes. */
  readonly graph: string | null;
}

interface BenchSettings {
  readonly rounds: number;
  readonly threads: number;
  readonly device: Device;
  /** Ids of subjects; null: all. */
  readonly only: readonly string[] | null;
  /** Null where none are asked for. */
  readonly peers: {
    readonly python: string;
    readonly scripts: string;
    /** Where what they compile is kept. */
    readonly compiled: string;
  } | null;
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
