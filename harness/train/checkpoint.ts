/**
 * @file Writes and reads checkpoints: the complete state of a run in one safetensors file.
 *
 * A resumed run goes on as if it had never stopped.
 */
import { exists, namesIn, remove } from '../system/files/files.ts';
import { join } from 'node:path';
import { DataError, PlanError, described } from '../core/errors.ts';
import { FileError } from '../system/files/system-error.ts';
import { contentHash, tensorHashes } from '../formats/content-hash.ts';
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

/**
 * Writes `step-<n>.safetensors` into the folder and removes all but the newest two.
 * @param hashes those of the tensors, where they are known
 */
export function writeCheckpoint<Progress>(
  folder: string,
  tensors: readonly (readonly [string, StoredTensor])[],
  notes: CheckpointNotes<Progress>,
  hashes = tensorHashes(tensors),
): void {
  const path = join(folder, `step-${String(notes.step).padStart(9, '0')}.safetensors`);
  const text = JSON.stringify(notes);
  writeSafetensors(path, tensors, { notes: text, contentSha256: contentHash(text, hashes) });
  for (const old of checkpointFiles(folder).slice(0, -kept)) remove(join(folder, old));
}

/**
 * The newest checkpoint of a folder that is whole, or null when there is none at all.
 * @param onDamaged told of a newer one that is damaged, where an older one is whole
 * @throws DataError when every one is damaged, cannot be read, or the images were others; PlanError when it belongs to another plan
 */
export function newestCheckpoint<Progress>(
  folder: string,
  run: RunIdentity,
  onDamaged: (damage: DataError, taken: string) => void = () => undefined,
): Checkpoint<Progress> | null {
  const damages: DataError[] = [];
  for (const name of checkpointFiles(folder).reverse()) {
    const read = readWhole<Progress>(join(folder, name));
    if (read instanceof DataError) {
      damages.push(read);
      continue;
    }
    requireRun(read, run);
    for (const damage of damages) onDamaged(damage, name);
    return read;
  }
  if (damages[0]) throw damages[0];
  return null;
}

/** The checkpoint, or what is wrong with its content. @throws FileError when the system refuses to read it */
function readWhole<Progress>(path: string): Checkpoint<Progress> | DataError {
  try {
    const { tensors, metadata } = readSafetensors(path);
    const { notes, contentSha256 } = metadata;
    if (notes !== undefined && contentSha256 === contentHash(notes, tensorHashes(tensors)))
      return { ...(JSON.parse(notes) as CheckpointNotes<Progress>), path, tensors };
    return new DataError({
      where: path,
      got: described('content that was changed after it was written'),
      expected: `sha256 ${contentSha256 ?? '(missing)'}`,
      remedy: 'Bring the file back, or remove it: the run then begins anew, and gives the same numbers',
    });
  } catch (thrown) {
    if (thrown instanceof DataError && !(thrown instanceof FileError)) return thrown;
    throw thrown;
  }
}

function requireRun({ path, planFingerprint, dataSha256 }: Checkpoint<unknown>, run: RunIdentity): void {
  if (planFingerprint !== run.planFingerprint) {
    throw new PlanError({
      where: path,
      got: described(`a checkpoint of plan ${planFingerprint.slice(0, 12)}`),
      expected: `plan ${run.planFingerprint.slice(0, 12)}`,
      remedy: 'Keep the checkpoints of different plans in different folders',
    });
  }
  requireSameImages(path, dataSha256, run.dataSha256);
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
