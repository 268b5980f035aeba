/** @file Weights of finished cells that the repository keeps, each beside the sealed result of its cell. */
import { join, relative } from 'node:path';
import { z } from 'zod';
import { fingerprint } from '../../core/canonical-json.ts';
import { described, ResultError } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import { readSafetensors } from '../../formats/safetensors.ts';
import type { Recipe } from '../../recipe/types.ts';
import { temporaryName, writeFileAtomically } from '../../system/files/atomic-file.ts';
import { copyFile, exists, isFolder, move, namesIn, remove } from '../../system/files/files.ts';
import { readInput } from '../../system/files/input-file.ts';
import { readableJson } from '../../system/files/readable-json.ts';
import type { Run } from '../run.ts';
import type { Result } from '../schema.ts';
import { readSealed, seal } from '../sealed-file.ts';
import { readResult, resultFileName } from '../store.ts';

/** Final weights of a cell, in its folder. */
export const weightsFileName = 'weights.safetensors';
/** Where a checkout keeps them: a folder per cell. */
export function committedWeightsFolder(root: string): string {
  return join(root, 'reports', 'weights');
}

/** Seal of committed weights, beside them. */
const sealFileName = 'weights.json';
const sealSchemaId = 'consistency-harness/committed-weights@1';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lowercase hex digits');

const sealSchema = z.strictObject({
  schema: z.literal(sealSchemaId),
  /** Of the file of weights. */
  sha256: sha256Hex,
  bytes: z.int().positive(),
  /** `contentSha256` of the result beside it: recipe, version, fingerprints, seed, commit, commands, machine and scores. */
  resultSha256: sha256Hex,
  contentSha256: sha256Hex,
});

const kind = { schema: sealSchema, what: `the seal of weights, schema ${sealSchemaId}` };

/** The weights of a cell with its result; the folder has the name of the cell. */
export interface CommittedWeights {
  readonly folder: string;
  /** Of the file of weights. */
  readonly path: string;
  readonly sha256: string;
  /** What the run measured that trained them. */
  readonly result: Result;
}

/**
 * Copies weights, result and grids of every cell of a seed into folders below `target`, in place of what is there of the same cell.
 * @returns the folders
 * @throws ResultError when the run has no such seed, a cell of it did not finish or trained nothing, or its weights are gone or another plan's
 */
export function commitWeights(run: Run, seed: number, target: string): string[] {
  const cells = run.ledger.filter((row) => row.seed === seed);
  if (cells.length === 0) {
    const seeds = run.registration.seeds.join(', ');
    fail(run.folder, `no seed ${seed}`, `one of its seeds, ${seeds}`, 'Name one of them');
  }
  const sources = cells.map(({ cell, state, result }) => {
    const folder = join(run.folder, cell);
    if (state !== 'done' || !result) fail(folder, state, 'a cell that is done', 'Run it to its end');
    if (result.plan.weights)
      fail(folder, 'given weights', 'weights that the cell trained', 'Name the run that trained');
    return { cell, folder, result: readResult(folder)! };
  });
  for (const { folder, result } of sources) requireOwnWeights(join(folder, weightsFileName), result);
  return sources.map(({ cell, folder, result }) => commitCell(folder, result, join(target, cell)));
}

function commitCell(from: string, result: Result, folder: string): string {
  const unfinished = temporaryName(folder);
  try {
    for (const name of [weightsFileName, resultFileName, ...result.files.map(({ path }) => path)])
      copyFile(join(from, name), join(unfinished, name));
    const bytes = readInput(join(unfinished, weightsFileName), 'weights');
    const body = {
      schema: sealSchemaId,
      sha256: sha256(bytes),
      bytes: bytes.length,
      resultSha256: result.contentSha256,
    };
    const path = join(unfinished, sealFileName);
    writeFileAtomically(path, readableJson(seal(path, kind, body, 'Complete the seal')));
    readCommitted(unfinished);
    remove(folder);
    move(unfinished, folder);
  } finally {
    remove(unfinished);
  }
  return folder;
}

/**
 * All committed weights below a folder, by the names of their cells; none where there is no folder.
 * @throws ResultError when a file is missing, was edited, or belongs to another result
 */
export function committedWeights(folder: string): CommittedWeights[] {
  if (!exists(folder)) return [];
  return namesIn(folder)
    .map((name) => join(folder, name))
    .filter(isFolder)
    .map((path) => readCommitted(path));
}

/** @param what `weights`: the file of weights is there and unchanged; `seal`: it need not be there */
export function readCommitted(folder: string, what: 'weights' | 'seal' = 'weights'): CommittedWeights {
  const path = join(folder, weightsFileName);
  const result = readResult(folder);
  if (!result) fail(folder, 'no result', 'that of the cell which trained the weights', restore);
  const own = readSealed(join(folder, sealFileName), kind);
  if (own.resultSha256 !== result.contentSha256)
    fail(folder, `result ${result.contentSha256.slice(0, 12)}`, `result ${own.resultSha256.slice(0, 12)}`, restore);
  if (what === 'weights') {
    requireOwnWeights(path, result);
    const found = sha256(readInput(path, 'weights'));
    if (found !== own.sha256) fail(path, `content with sha256 ${found}`, `sha256 ${own.sha256}`, restore);
  }
  return { folder, path, sha256: own.sha256, result };
}

const restore = 'Restore the folder from version control, or commit the weights again';

/**
 * Why committed weights are not those of a recipe as it is now: its version was raised, or a number changed under the same one; null where they
 * are. Texts (source, deviations) do not matter: no weight depends on them.
 */
export function misfitOf({ folder, result }: CommittedWeights, recipe: Recipe): string | null {
  const { version } = result.recipe;
  const other =
    version !== recipe.version
      ? `version ${version}`
      : numbersOf(result.plan.recipe) !== numbersOf(recipe)
        ? `version ${version} with other numbers`
        : null;
  if (other === null) return null;
  const where = relative(process.cwd(), folder);
  return `${where}: got weights of ${recipe.id}, ${other}, expected version ${recipe.version} as it is now. Train it again at scale ${result.plan.scale.id} and commit its weights with npm run report -- <run> --weights ${result.seed}.`;
}

function numbersOf({ id, method, tuning, levels, network, optimizer, data, sampling }: Recipe): string {
  return fingerprint({ id, method, tuning, levels, network, optimizer, data, sampling });
}

function requireOwnWeights(path: string, { plan }: Result): void {
  if (!exists(path)) fail(path, 'no file', 'the weights of the cell', 'Bring the file back, or train the cell again');
  const made = readSafetensors(path).metadata.plan;
  if (made === plan.fingerprint) return;
  const got = `weights of plan ${made?.slice(0, 12) ?? 'unknown'}`;
  fail(path, got, `plan ${plan.fingerprint.slice(0, 12)}, that of the result`, 'Bring the weights of this cell back');
}

function fail(where: string, got: string, expected: string, remedy: string): never {
  throw new ResultError({ where, got: described(got), expected, remedy });
}
