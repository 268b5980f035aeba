/** @file Context that every step of an installation receives. */
import type { Clock } from '../../core/clock.ts';
import type { Output } from '../../system/progress.ts';

export interface InstallContext {
  /** `<cache>/engine`, writable. */
  readonly root: string;
  readonly output: Output;
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted when the installation is to stop. */
  readonly signal: AbortSignal;
}
