/** @file What a kind of reference cases is. */
import type { ConformanceCase } from '../case.ts';
import type { Verdict } from '../judge/judge-tensors.ts';

/** Runs one case against the project's own public functions and judges it. */
export type KindRunner = (reference: ConformanceCase) => Verdict | Promise<Verdict>;

export interface Kind {
  /** Whether the engine must be loaded before the kind runs, or which of its cases need it. */
  readonly engine: boolean | ((reference: ConformanceCase) => boolean);
  readonly load: () => Promise<{ readonly run: KindRunner }>;
}
