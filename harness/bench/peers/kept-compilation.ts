/** @file Keeps between benchmarks what a peer compiles, with the time of the first call that did so. */
import { join } from 'node:path';
import { z } from 'zod';
import { fingerprint } from '../../core/canonical-json.ts';
import { asJson } from '../../core/record.ts';
import { writeJsonAtomically } from '../../system/files/atomic-file.ts';
import { exists, makeFolder, remove } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';

const recordSchema = z.strictObject({ milliseconds: z.number().positive() });

/** Compilations of one peer for one job. */
export class KeptCompilation {
  /** What the first call took that compiled; null: nothing is kept yet. */
  readonly firstCall: number | null;
  private readonly folder: string;

  /**
   * @param root the folder of all compilations
   * @param key all that decides what is compiled: packages, code, job, processor
   */
  constructor(root: string, key: object) {
    this.folder = join(root, fingerprint(key).slice(0, 16));
    this.firstCall = recorded(this.record);
    // What a process left that was ended while it compiled would make the next first call look short.
    if (this.firstCall === null) remove(this.folder);
    makeFolder(this.folder);
  }

  /** Variables by which the frameworks keep what they compile. */
  get variables(): Readonly<Record<string, string>> {
    return {
      TORCHINDUCTOR_CACHE_DIR: join(this.folder, 'inductor'),
      TRITON_CACHE_DIR: join(this.folder, 'triton'),
      TORCHINDUCTOR_FX_GRAPH_CACHE: '1',
      JAX_COMPILATION_CACHE_DIR: join(this.folder, 'jax'),
      JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS: '0',
      JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES: '-1',
    };
  }

  /** Notes the first call of a process that compiled; a later one is left alone. */
  noteFirstCall(milliseconds: number): void {
    if (this.firstCall === null) writeJsonAtomically(this.record, { milliseconds });
  }

  private get record(): string {
    return join(this.folder, 'first-call.json');
  }
}

function recorded(path: string): number | null {
  const parsed = exists(path) ? recordSchema.safeParse(asJson(readText(path))) : null;
  return parsed?.success ? parsed.data.milliseconds : null;
}
