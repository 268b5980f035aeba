/**
 * @file Describes the machine of a cell, without host name, user or paths.
 *
 * Results are compared within one machine only.
 */
import { canSee } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { z } from 'zod';
import { fingerprint } from '../../core/canonical-json.ts';

const count = z.int().positive();

export const machineSchema = z.strictObject({
  cpuModel: z.string().min(1),
  /** Logical cores that this process may use. */
  cores: count,
  /** Memory that this process may use: the container's limit where there is one. */
  memoryBytes: count,
  gpu: z
    .strictObject({ model: z.string().min(1), memoryBytes: count.nullable(), driver: z.string().nullable() })
    .nullable(),
  os: z.string().min(1),
  node: z.string().min(1),
  tensorflow: z.string().min(1),
  tfjs: z.string().min(1),
  threads: z.strictObject({ intraOp: count.nullable(), interOp: count.nullable() }),
  /** sha256 of all of the above: equal machines have equal fingerprints. */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Machine = z.infer<typeof machineSchema>;

/** What only the engine knows. */
export type EngineFacts = Pick<Machine, 'gpu' | 'tensorflow' | 'tfjs' | 'threads'>;

/** The facts of this machine and process. */
export function collectMachine(engine: EngineFacts): Machine {
  const facts = {
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: usableMemory(),
    gpu: engine.gpu,
    os: `${distribution()} (${type()} ${release()}, ${arch()})`,
    node: process.versions.node,
    tensorflow: engine.tensorflow,
    tfjs: engine.tfjs,
    threads: engine.threads,
  };
  return { ...facts, fingerprint: fingerprint(facts) };
}

function usableMemory(): number {
  const limit = process.constrainedMemory();
  // Without a limit the system answers 0 or a number beyond the memory there is.
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

function distribution(): string {
  const file = '/etc/os-release';
  const text = canSee(file) ? readText(file) : '';
  return /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(text)?.[1] ?? type();
}
