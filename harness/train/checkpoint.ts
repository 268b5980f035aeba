/** @file Checkpoints: everything a run needs to go on as if it had never stopped, in one safetensors file. */
import { exists, namesIn, remove } from '../system/files/files.ts';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DataError, PlanError, described } from '../core/errors.ts';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../formats/safetensors.ts';

/** What a training run is: a checkpoint of another one is never gone on with. */
export interface RunIdentity {
  readonly planFingerprint: string;
  /** `contentHash` of the images that are trained on. */
  readonly dataSha256: string;
}

/** What a checkpoint holds beside tensors; plain JSON. */
export interface CheckpointNotes<Progress> extends RunIdentity {
  /** Optimizer steps already taken. */
  readonly step: number;
  readonly progress: Progress;
}

export interface Checkpoint<Progress> extends CheckpointNotes<Progress> {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const namePattern = /^step-(\d{9})\.safetensors$/;
/** How many are kept: the newest, and one more in case the newest is damaged. */
const kept = 2;

/** Writes `step-<n>.safetensors` into the folder and removes all but the newest two. */
export function writeCheckpoint<Progress>(
  folder: string,
  tensors: readonly (readonly [string, StoredTensor])[],
  notes: CheckpointNotes<Progress>,
): string {
  const path = join(folder, `step-${String(notes.step).padStart(9, '0')}.safetensors`);
  writeSafetensors(path, tensors, { notes: JSON.stringify(notes), contentSha256: contentHash(tensors) });
  for (const old of checkpointFiles(folder).slice(0, -kept)) remove(join(folder, old));
  return path;
}

/**
 * The newest checkpoint of a folder, or null when there is none.
 * @throws DataError when the file was changed since it was written, or the images were others; PlanError when it belongs to another plan
 */
export function newestCheckpoint<Progress>(folder: string, run: RunIdentity): Checkpoint<Progress> | null {
  const newest = checkpointFiles(folder).at(-1);
  if (newest === undefined) return null;
  const path = join(folder, newest);
  const { tensors, metadata } = readSafetensors(path);
  if (metadata.contentSha256 !== contentHash([...tensors]) || metadata.notes === undefined) {
    throw new DataError({
      where: path,
      got: described('content that was changed after it was written'),
      expected: `sha256 ${metadata.contentSha256 ?? '(missing)'}`,
      remedy: 'Remove this file: the run then goes on from the checkpoint before it',
    });
  }
  const notes = JSON.parse(metadata.notes) as CheckpointNotes<Progress>;
  if (notes.planFingerprint !== run.planFingerprint) {
    throw new PlanError({
      where: path,
      got: described(`a checkpoint of plan ${notes.planFingerprint.slice(0, 12)}`),
      expected: `plan ${run.planFingerprint.slice(0, 12)}`,
      remedy: 'Keep the checkpoints of different plans in different folders',
    });
  }
  requireSameImages(path, notes.dataSha256, run.dataSha256);
  return { ...notes, path, tensors };
}

/**
 * @param path the file that holds what was trained
 * @param trained `contentHash` of the images that it was trained on; undefined where the file does not say
 * @throws DataError when those are not the images at hand
 */
export function requireSameImages(path: string, trained: string | undefined, atHand: string): void {
  if (trained === atHand) return;
  throw new DataError({
    where: path,
    got: described(`training on images with ${trained === undefined ? 'no known sha256' : `sha256 ${trained}`}`),
    expected: `sha256 ${atHand}, that of the images at hand`,
    remedy: 'Name the data that the run began with by --data, or give the run with these a name of its own with --name',
  });
}

function checkpointFiles(folder: string): string[] {
  return exists(folder) ? namesIn(folder).filter((name) => namePattern.test(name)) : [];
}

function contentHash(tensors: readonly (readonly [string, StoredTensor])[]): string {
  const hash = createHash('sha256');
  for (const [name, { dtype, shape, bytes }] of tensors) {
    hash.update(`${name} ${dtype} ${shape.join(',')}\n`);
    hash.update(bytes);
  }
  return hash.digest('hex');
}
