/**
 * @file Stores a cell's end: one write-once `result.json`, or the `failure.json` of its last attempt.
 *
 * Both are sealed.
 */
import { basename, join, resolve } from 'node:path';
import { described, ResultError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { planSchema } from '../plan/schema.ts';
import { writeFileAtomically, writeFileOnce } from '../system/files/atomic-file.ts';
import { exists, isFile, remove } from '../system/files/files.ts';
import { readInput } from '../system/files/input-file.ts';
import { readableJson } from '../system/files/readable-json.ts';
import { withoutPersonalPaths } from './origin/provenance.ts';
import { resultBodySchema, resultSchema, resultSchemaId, type Result, type ResultFile } from './schema.ts';
import { orderedAs, readJson, readSealed, refuseChanged, requireShape, seal } from './sealed-file.ts';

export const resultFileName = 'result.json';
export const failureFileName = 'failure.json';

const kind = { schema: resultSchema, what: `a result of schema ${resultSchemaId}` };
const draftRemedy = 'Complete the draft of the cell';

/** What a cell hands over; the store adds what follows from it: schema, recipe, seed, hashes. */
export type ResultDraft = Omit<Result, 'schema' | 'recipe' | 'seed' | 'files' | 'contentSha256'> & {
  /** Files that lie in the cell's folder already. */
  readonly files: readonly DraftFile[];
};

/** A file of a draft; where its writer says what it wrote, other bytes are found out before they are sealed. */
type DraftFile = Omit<ResultFile, 'sha256' | 'bytes'> & {
  readonly writtenSha256?: string;
};

/**
 * Seals a draft and writes it into the folder of its cell: one that is done or diverged as `result.json`, once; one that failed as
 * `failure.json` in place of that of an earlier attempt, since a cell that failed may be run again.
 * @param cellFolder the folder of the cell; if it holds a `plan.json`, that must be the draft's plan
 * @returns the result as written
 * @throws ResultError when a result exists already, the draft breaks the schema, the plan's fingerprint is not that of its
 * contents or of `plan.json`, or a named file is missing
 */
export function writeResult(cellFolder: string, draft: ResultDraft): Result {
  const failed = draft.status === 'failed';
  const path = join(cellFolder, failed ? failureFileName : resultFileName);
  const result = sealResult(path, cellFolder, draft);
  requireSamePlan(cellFolder, path, result);
  if (exists(join(cellFolder, resultFileName))) refuseSecond(cellFolder);
  if (failed) writeFileAtomically(path, readableJson(result));
  else if (!writeFileOnce(path, readableJson(result))) refuseSecond(cellFolder);
  if (!failed) remove(join(cellFolder, failureFileName));
  return result;
}

/**
 * Reads and checks `<cellFolder>/result.json` and the files it names.
 * @returns null when the cell has no result
 * @throws ResultError naming the file that is malformed, was edited after it was written, or is missing
 */
export function readResult(cellFolder: string): Result | null {
  return readOwn(cellFolder, resultFileName);
}

/** The result of a cell or, where it has none, the record of its last failure; null where it has neither. @throws as `readResult` */
export function readOutcome(cellFolder: string): Result | null {
  return readResult(cellFolder) ?? readOwn(cellFolder, failureFileName);
}

function readOwn(cellFolder: string, name: string): Result | null {
  const path = join(cellFolder, name);
  if (!exists(path)) return null;
  const result = readSealed(path, kind);
  requireSamePlan(cellFolder, path, result);
  for (const file of result.files) {
    const found = readCellFile(cellFolder, path, file.path);
    if (sha256(found) !== file.sha256) refuseChanged(join(cellFolder, file.path), `sha256 ${file.sha256}`);
  }
  return result;
}

function sealResult(path: string, cellFolder: string, draft: ResultDraft): Result {
  const { plan } = draft;
  const body = {
    ...draft,
    schema: resultSchemaId,
    recipe: { id: plan.recipe.id, version: plan.recipe.version, fingerprint: plan.recipeFingerprint },
    seed: plan.seed,
    failure: draft.failure && { ...draft.failure, message: movable(draft.failure.message, cellFolder) },
    files: draft.files.map((file) => sealFile(cellFolder, path, file)),
  };
  const ordered = orderedAs(Object.keys(resultBodySchema.shape), body);
  requireShape(path, { schema: resultBodySchema, what: kind.what }, ordered, draftRemedy);
  return seal(path, kind, ordered, draftRemedy);
}

function refuseSecond(cellFolder: string): never {
  throw new ResultError({
    where: join(cellFolder, resultFileName),
    got: described('a result that exists already'),
    expected: 'a cell without one: results are written once',
    remedy: 'Give the new run another name, or move the whole cell folder away first',
  });
}

/** A message that stays true when the folder is moved: the cell by its name, no path of this machine. */
function movable(message: string, cellFolder: string): string {
  return withoutPersonalPaths(message.replaceAll(resolve(cellFolder), basename(resolve(cellFolder))));
}

function requireSamePlan(cellFolder: string, resultPath: string, result: Result): void {
  const path = join(cellFolder, 'plan.json');
  if (!exists(path)) return;
  const plan = planSchema.safeParse(readJson(path));
  if (!plan.success) {
    const issue = plan.error.issues[0]!;
    throw new ResultError({
      where: path,
      got: described(`${issue.path.map(String).join('.')}: ${issue.message}`),
      expected: 'the plan that was registered before the first step',
      remedy: 'Restore the file: a plan is not edited, another one has another folder',
    });
  }
  if (plan.data.fingerprint === result.plan.fingerprint) return;
  throw new ResultError({
    where: resultPath,
    got: described(`a result of plan ${result.plan.fingerprint.slice(0, 12)}`),
    expected: `the plan of this cell, ${plan.data.fingerprint.slice(0, 12)}`,
    remedy: 'Keep the results of different plans in different folders',
  });
}

function sealFile(cellFolder: string, resultPath: string, { writtenSha256, ...file }: DraftFile): ResultFile {
  const bytes = readCellFile(cellFolder, resultPath, file.path);
  const sha = sha256(bytes);
  if (writtenSha256 !== undefined && sha !== writtenSha256)
    refuseChanged(join(cellFolder, file.path), `sha256 ${writtenSha256}`);
  return orderedAs(['kind', 'path', 'sha256', 'bytes'], { ...file, sha256: sha, bytes: bytes.length });
}

function readCellFile(cellFolder: string, resultPath: string, relative: string): Buffer {
  const path = join(cellFolder, relative);
  if (isFile(path)) return readInput(path, `the file named in ${resultPath}`);
  throw new ResultError({
    where: path,
    got: described('no file'),
    expected: `the file named in ${resultPath}`,
    remedy: 'Restore it, or move the cell folder away and run the cell again',
  });
}
