/** @file Committed weights sampled beside a run, in its folder `committed/`: what is there, and what is not. */
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../system/files/atomic-file.ts';
import { copyTree, exists, remove } from '../../system/files/files.ts';
import { readableJson } from '../../system/files/readable-json.ts';
import { cellFolderName, registrationFileName } from '../registration.ts';
import { readRun, type LedgerRow, type Run } from '../run.ts';
import type { Result } from '../schema.ts';
import { readSealed, seal } from '../sealed-file.ts';
import { readCommitted, weightsFileName, type CommittedWeights } from './committed-weights.ts';

/** Folder of a run that holds them: a run of its own, whose cells sample weights that the repository keeps. */
const folderName = 'committed';
/** Folder inside it that holds a copy of what is committed, cell by cell. */
const copyName = 'as-committed';
const noteFileName = 'committed.json';
const noteSchemaId = 'consistency-harness/sampled-here@1';

const noteSchema = z.strictObject({
  schema: z.literal(noteSchemaId),
  /** Recipes of the run for which no weights are committed. */
  absent: z.array(z.string().min(1)).readonly(),
  /** Why committed weights were not used, one sentence each. */
  refused: z.array(z.string().min(1)).readonly(),
  contentSha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lowercase hex digits'),
});

const kind = { schema: noteSchema, what: `a note of schema ${noteSchemaId}` };

/** What could not be sampled, and why. */
export type CommittedNote = Pick<z.infer<typeof noteSchema>, 'absent' | 'refused'>;

export interface SampledHere extends CommittedNote {
  /** Null where nothing was sampled. */
  readonly run: Run | null;
  readonly cells: readonly {
    readonly row: LedgerRow;
    /** What the run measured that trained the weights. */
    readonly committed: Result;
    /** Folder of the committed grids, from the folder of the run that they stand beside. */
    readonly committedFolder: string;
    readonly weightsSha256: string;
  }[];
}

export function sampledHereFolder(runFolder: string): string {
  return join(runFolder, folderName);
}

/** Writes what is known before anything is sampled: the note, and a copy of what is committed, without its weights. */
export function placeCommitted(runFolder: string, chosen: readonly CommittedWeights[], note: CommittedNote): void {
  const folder = sampledHereFolder(runFolder);
  const path = join(folder, noteFileName);
  const body = { schema: noteSchemaId, absent: [...note.absent], refused: [...note.refused] };
  writeFileAtomically(path, readableJson(seal(path, kind, body, 'Complete the note')));
  for (const { folder: from, result } of chosen) {
    const copy = join(folder, copyName, cellFolderName(result.recipe.id, result.seed));
    remove(copy);
    copyTree(from, copy);
    remove(join(copy, weightsFileName));
  }
}

/**
 * What was sampled of committed weights beside a run.
 * @returns null where the run was to sample none
 * @throws ResultError when a file is missing, was edited, or belongs to another result
 */
export function readSampledHere(runFolder: string): SampledHere | null {
  const folder = sampledHereFolder(runFolder);
  const path = join(folder, noteFileName);
  if (!exists(path)) return null;
  const { absent, refused } = readSealed(path, kind);
  const run = exists(join(folder, registrationFileName)) ? readRun(folder) : null;
  const cells = (run?.ledger ?? []).map((row) => {
    const committedFolder = join(folderName, copyName, row.cell);
    const { result, sha256 } = readCommitted(join(runFolder, committedFolder), 'seal');
    return { row, committed: result, committedFolder, weightsSha256: sha256 };
  });
  return { absent, refused, run, cells };
}

/** Copies what a report shows of it. */
export function copySampledHere(
  runFolder: string,
  target: string,
  publish: (run: Run, folder: string) => unknown,
): void {
  const here = readSampledHere(runFolder);
  if (!here) return;
  const folder = sampledHereFolder(target);
  if (here.run) publish(here.run, folder);
  for (const { committedFolder } of here.cells)
    copyTree(join(runFolder, committedFolder), join(target, committedFolder));
  const note = join(folder, noteFileName);
  writeFileAtomically(note, readableJson(readSealed(join(sampledHereFolder(runFolder), noteFileName), kind)));
}
