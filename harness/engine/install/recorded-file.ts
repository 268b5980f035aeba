/** @file Records the engine's files at installation and checks later that they are unchanged. */
import { linkTarget, sizeAndTimeOf } from '../../system/files/files.ts';
import { join } from 'node:path';
import { z } from 'zod';
import { EngineError, described, systemCode } from '../../core/errors.ts';
import { sha256OfFile } from '../../system/files/file-hash.ts';

export const recordedFileSchema = z.strictObject({
  /** Below the folder of the manifest. */
  path: z.string(),
  bytes: z.int().nonnegative(),
  mtimeMs: z.number(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export type RecordedFile = Readonly<z.infer<typeof recordedFileSchema>>;

export type FileState = Pick<RecordedFile, 'bytes' | 'mtimeMs'>;

export function fileState(path: string): FileState {
  return sizeAndTimeOf(path);
}

/** A file of a finished step, with its hash. */
export async function recordFile(folder: string, path: string): Promise<RecordedFile> {
  const whole = join(folder, path);
  return { path, sha256: await sha256OfFile(whole), ...fileState(whole) };
}

/**
 * Compares size and time of every file with what was recorded. A file whose time alone differs (the cache was copied) is read and hashed.
 * @returns the files as they are now where times had moved, undefined where nothing differs
 * @throws EngineError that names the first file that is missing or was changed
 */
export async function checkFiles(
  folder: string,
  files: readonly RecordedFile[],
): Promise<readonly RecordedFile[] | undefined> {
  let moved = false;
  const now: RecordedFile[] = [];
  for (const file of files) {
    const state = stateOrFault(folder, file);
    if (state.mtimeMs !== file.mtimeMs) {
      moved = true;
      await checkContent(folder, file);
    }
    now.push({ ...file, ...state });
  }
  return moved ? now : undefined;
}

/**
 * Reads every file and compares its sha256.
 * @throws EngineError that names the first file that is missing or was changed
 */
export async function checkContents(
  folder: string,
  files: readonly RecordedFile[],
  onBytes?: (bytes: number) => void,
): Promise<void> {
  for (const file of files) {
    stateOrFault(folder, file);
    await checkContent(folder, file, onBytes);
  }
}

/** @throws EngineError when a link of the set is not there or points elsewhere */
export function checkLinks(folder: string, links: Readonly<Record<string, string>>): void {
  for (const [path, target] of Object.entries(links)) {
    const link = join(folder, path);
    const got = linkTarget(link);
    if (got !== target) throw changed(link, got === undefined ? 'no link' : `a link to ${got}`, `a link to ${target}`);
  }
}

async function checkContent(folder: string, file: RecordedFile, onBytes?: (bytes: number) => void): Promise<void> {
  const path = join(folder, file.path);
  const sha256 = await sha256OfFile(path, onBytes);
  if (sha256 !== file.sha256) throw changed(path, `a file with sha256 ${sha256}`, `sha256 ${file.sha256}`);
}

function stateOrFault(folder: string, file: RecordedFile): FileState {
  const path = join(folder, file.path);
  try {
    const state = fileState(path);
    if (state.bytes === file.bytes) return state;
    throw changed(path, `a file of ${state.bytes} bytes`, `${file.bytes} bytes`);
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') throw changed(path, 'no file', `the file of ${file.bytes} bytes`);
    throw thrown;
  }
}

function changed(path: string, got: string, expected: string): EngineError {
  return new EngineError({
    where: path,
    got: described(got),
    expected: `${expected}, as it was installed`,
    remedy: 'Run `npm run engine -- remove`, then start again: the engine is fetched anew',
  });
}
