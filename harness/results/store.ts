/** @file The write-once store: one `result.json` per cell, sealed by its own hash, with the files it speaks of. */
import { exists, isFile } from '../system/files.ts';
import { readInput, readText } from '../system/input-file.ts';
import { basename, join, resolve } from 'node:path';
import type { z } from 'zod';
import { writeFileOnce } from '../system/atomic-file.ts';
import { fingerprint } from '../core/canonical-json.ts';
import { described, ResultError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { readableJson } from '../system/readable-json.ts';
import { planSchema } from '../plan/schema.ts';
import { withoutPersonalPaths } from './provenance.ts';
import { resultBodySchema, resultSchema, resultSchemaId, type Result, type ResultFile } from './schema.ts';

export const resultFileName = 'result.json';

const draftRemedy = 'Complete the draft of the cell';

/** What a cell hands over; the store adds what follows from it: schema, recipe, seed, hashes. */
export type ResultDraft = Omit<Result, 'schema' | 'recipe' | 'seed' | 'files' | 'contentSha256'> & {
  /** Files that lie in the cell's folder already. */
  readonly files: readonly Omit<ResultFile, 'sha256' | 'bytes'>[];
};

/**
 * Seals a draft and writes `<cellFolder>/result.json`, once.
 * @param cellFolder the folder of the cell; if it holds a `plan.json`, that must be the draft's plan
 * @returns the result as written
 * @throws ResultError when a result exists already, the draft breaks the schema, the plan's fingerprint is not that of its
 * contents or of `plan.json`, or a named file is missing
 */
export function writeResult(cellFolder: string, draft: ResultDraft): Result {
  const path = join(cellFolder, resultFileName);
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
  requireShape(path, resultBodySchema, ordered, draftRemedy);
  const result = parse(path, { ...ordered, contentSha256: fingerprint(ordered) }, draftRemedy);
  requireSamePlan(cellFolder, result);
  if (!writeFileOnce(path, readableJson(result))) {
    throw new ResultError({
      where: path,
      got: described('a result that exists already'),
      expected: 'a cell without one: results are written once',
      remedy: 'Give the new run another name, or move the whole cell folder away first',
    });
  }
  return result;
}

/**
 * Reads and checks `<cellFolder>/result.json` and the files it names.
 * @returns null when the cell has no result
 * @throws ResultError naming the file that is malformed, was edited after it was written, or is missing
 */
export function readResult(cellFolder: string): Result | null {
  const path = join(cellFolder, resultFileName);
  if (!exists(path)) return null;
  const result = parse(path, readJson(path), 'Restore the file, or move the cell folder away and run the cell again');
  requireSamePlan(cellFolder, result);
  for (const file of result.files) {
    const found = readCellFile(cellFolder, path, file.path);
    if (sha256(found) !== file.sha256) refuseChanged(join(cellFolder, file.path), `sha256 ${file.sha256}`);
  }
  return result;
}

function parse(path: string, value: unknown, remedy: string): Result {
  const result = requireShape(path, resultSchema, value, remedy);
  if (fingerprint({ ...result, contentSha256: undefined }) !== result.contentSha256) {
    refuseChanged(path, `the content with sha256 ${result.contentSha256} that was written`);
  }
  return result;
}

function requireShape<T>(path: string, schema: z.ZodType<T>, value: unknown, remedy: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new ResultError({
    where: path,
    got: described(`${issue.path.map(String).join('.') || 'its content'}: ${issue.message}`),
    expected: `a result of schema ${resultSchemaId}`,
    remedy,
  });
}

/** A message that stays true when the folder is moved: the cell by its name, no path of this machine. */
function movable(message: string, cellFolder: string): string {
  return withoutPersonalPaths(message.replaceAll(resolve(cellFolder), basename(resolve(cellFolder))));
}

function requireSamePlan(cellFolder: string, result: Result): void {
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
    where: join(cellFolder, resultFileName),
    got: described(`a result of plan ${result.plan.fingerprint.slice(0, 12)}`),
    expected: `the plan of this cell, ${plan.data.fingerprint.slice(0, 12)}`,
    remedy: 'Keep the results of different plans in different folders',
  });
}

function sealFile(cellFolder: string, resultPath: string, file: Omit<ResultFile, 'sha256' | 'bytes'>): ResultFile {
  const bytes = readCellFile(cellFolder, resultPath, file.path);
  return orderedAs(['kind', 'path', 'sha256', 'bytes'], { ...file, sha256: sha256(bytes), bytes: bytes.length });
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

function readJson(path: string): unknown {
  try {
    return JSON.parse(readText(path));
  } catch (thrown) {
    throw new ResultError(
      {
        where: path,
        got: described(thrown instanceof Error ? thrown.message : String(thrown)),
        expected: 'JSON',
        remedy: 'Restore the file, or move the cell folder away and run the cell again',
      },
      { cause: thrown },
    );
  }
}

function refuseChanged(path: string, expected: string): never {
  throw new ResultError({
    where: path,
    got: described('content that was changed after it was written'),
    expected,
    remedy: 'Restore the file, or move the cell folder away and run the cell again',
  });
}

/** The same object with its keys in the order of the schema, so that files read from the top. */
function orderedAs<T extends object>(keys: readonly string[], value: T): T {
  const rank = (key: string): number => (keys.includes(key) ? keys.indexOf(key) : keys.length);
  const entries = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b));
  return Object.fromEntries(entries) as T;
}
