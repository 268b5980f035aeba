/** @file Manifests of an installed library and of a compiled addon: origin, and the hash of every file. */
import { exists } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';
import { join } from 'node:path';
import { z } from 'zod';
import { writeJsonAtomically } from '../../system/files/atomic-file.ts';
import { DataError, EngineError } from '../../core/errors.ts';
import { recordedFileSchema } from './recorded-file.ts';
import { devices } from '../../core/device.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

export const libraryManifestSchema = z.strictObject({
  schema: z.literal(1),
  title: z.string(),
  requirements: z.array(z.strictObject({ name: z.string(), version: z.string(), sha256: digest })),
  files: z.array(recordedFileSchema),
  links: z.record(z.string(), z.string()),
  installed: z.iso.datetime(),
});

/** A set of wheels as it was unpacked. */
export type LibraryManifest = Readonly<z.infer<typeof libraryManifestSchema>>;

const proofSchema = z.strictObject({
  tensorflowVersion: z.string(),
  /** Where it ran. */
  device: z.enum(devices),
  devices: z.array(z.string()),
  /** Of a convolution trained op by op, then as one traced function. */
  eagerLosses: z.array(z.number()),
  tracedLosses: z.array(z.number()),
  nodeVersion: z.string(),
});

/** What the addon answered when it was run for the first time. */
export type Proof = Readonly<z.infer<typeof proofSchema>>;

export const addonManifestSchema = z.strictObject({
  schema: z.literal(1),
  /** sha256 over everything that goes into it; the folder's name is its beginning. */
  sources: digest,
  compiler: z.string(),
  /** The command lines, with placeholders for this machine's folders. */
  commands: z.array(z.string()),
  files: z.array(recordedFileSchema),
  proof: proofSchema,
  built: z.iso.datetime(),
});

/** The addon as it was compiled and proven. */
export type AddonManifest = Readonly<z.infer<typeof addonManifestSchema>>;

/** @returns undefined when the folder has no manifest. @throws EngineError when it has one that cannot be read. */
export function readManifest<T>(folder: string, schema: z.ZodType<T>): T | undefined {
  const path = join(folder, 'manifest.json');
  if (!exists(path)) return undefined;
  try {
    return schema.parse(JSON.parse(readText(path)));
  } catch (thrown) {
    throw new EngineError(
      {
        where: path,
        got: firstLine(thrown),
        expected: 'the manifest that was written at the installation',
        remedy: 'Run `npm run engine -- remove`, then start again: the engine is fetched anew',
      },
      { cause: thrown },
    );
  }
}

export function writeManifest(folder: string, manifest: LibraryManifest | AddonManifest): void {
  writeJsonAtomically(join(folder, 'manifest.json'), manifest);
}

/** Writes what was found out anew where that is possible; a cache that can only be read does without. */
export function rememberManifest(folder: string, manifest: LibraryManifest | AddonManifest): void {
  try {
    writeManifest(folder, manifest);
  } catch (thrown) {
    if (!(thrown instanceof DataError)) throw thrown;
  }
}

function firstLine(thrown: unknown): unknown {
  if (thrown instanceof z.ZodError) {
    const [issue] = thrown.issues;
    return { at: issue?.path.join('.'), problem: issue?.message };
  }
  return thrown instanceof Error ? thrown.message : thrown;
}
