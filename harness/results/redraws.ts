/**
 * @file Extra draws of latents of a finished cell, in `redraws/draw-<n>.json`.
 *
 * Each is a sealed, write-once file of its own.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { described, ResultError } from '../core/errors.ts';
import { distinctWarnings } from '../core/warnings.ts';
import { drawsOf } from '../plan/resolve.ts';
import { identityDifferences, scoreIdentitySchema } from '../score/identity.ts';
import { scoreKey, type Score } from '../score/score.ts';
import { writeFileOnce } from '../system/files/atomic-file.ts';
import { exists, namesIn } from '../system/files/files.ts';
import { readableJson } from '../system/files/readable-json.ts';
import { machineSchema } from './origin/machine.ts';
import { provenanceSchema } from './origin/provenance.ts';
import { streamsSchema, warningSchema, type Result } from './schema.ts';
import { orderedAs, readSealed, seal } from './sealed-file.ts';

const redrawSchemaId = 'consistency-harness/redraw@1';
/** Folder of a cell that holds them. */
export const redrawsFolderName = 'redraws';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lowercase hex digits');
const count = z.int().positive();

const redrawSchema = z.strictObject({
  schema: z.literal(redrawSchemaId),
  /** `contentSha256` of the result that this draw belongs to. */
  resultSha256: sha256Hex,
  /** Draw 0 is the registered one; the result holds the first of those that follow where the plan asks for them. */
  draw: count,
  /** sha256 of the file of weights that was sampled. */
  weightsSha256: sha256Hex,
  scores: z
    .array(
      z.strictObject({
        metric: z.string().min(1),
        nfe: count,
        sigmas: z.array(z.number().positive()).readonly(),
        value: z.number(),
        identity: scoreIdentitySchema,
      }),
    )
    .min(1)
    .readonly(),
  warnings: z.array(warningSchema).readonly(),
  machine: machineSchema,
  provenance: provenanceSchema,
  streams: streamsSchema,
  /** sha256 of the canonical JSON of everything above. */
  contentSha256: sha256Hex,
});
export type Redraw = z.infer<typeof redrawSchema>;
export type RedrawDraft = Omit<Redraw, 'schema' | 'resultSha256' | 'contentSha256'>;

const kind = { schema: redrawSchema, what: `a draw of schema ${redrawSchemaId}` };

/**
 * Seals a further draw and writes it beside the result of its cell, once.
 * @throws ResultError when there is such a draw, or a score has another identity than that of the result: the two are no draws of one
 *   quantity
 */
export function writeRedraw(cellFolder: string, result: Result, draft: RedrawDraft): Redraw {
  const path = redrawPath(cellFolder, draft.draw);
  requireSameScores(path, result, draft);
  const body = { ...draft, schema: redrawSchemaId, resultSha256: result.contentSha256 };
  const remedy = 'Complete the draft of the draw';
  const redraw = seal(path, kind, orderedAs(Object.keys(redrawSchema.shape), body), remedy);
  if (writeFileOnce(path, readableJson(redraw))) return redraw;
  throw new ResultError({
    where: path,
    got: described('a draw that exists already'),
    expected: 'a cell without it: draws are written once',
    remedy: 'Start again: the draws that are there are kept, and the next ones are added',
  });
}

/**
 * The draws that were added to a cell, in order.
 * @throws ResultError when one is malformed, was edited, is left out, or belongs to another result
 */
export function readRedraws(cellFolder: string, result: Result): Redraw[] {
  const folder = join(cellFolder, redrawsFolderName);
  if (!exists(folder)) return [];
  const found = namesIn(folder).filter((name) => /^draw-\d+\.json$/.test(name)).length;
  const first = drawsOf(result.plan);
  return Array.from({ length: found }, (_, i) => readRedraw(redrawPath(cellFolder, first + i), first + i, result));
}

/** The result with the values of further draws behind those it holds. */
export function withRedraws(result: Result, redraws: readonly Redraw[]): Result {
  if (redraws.length === 0) return result;
  const valuesOf = (score: Score): number[] =>
    redraws.flatMap(({ scores }) =>
      scores.filter((again) => scoreKey(again) === scoreKey(score)).map((one) => one.value),
    );
  return {
    ...result,
    scores: result.scores.map((score) => ({ ...score, redraws: [...score.redraws, ...valuesOf(score)] })),
    warnings: distinctWarnings([...result.warnings, ...redraws.flatMap(({ warnings }) => warnings)]),
  };
}

function readRedraw(path: string, draw: number, result: Result): Redraw {
  if (!exists(path)) fail(path, 'no file', 'every draw from the first that was added on');
  const redraw = readSealed(path, kind);
  if (redraw.draw !== draw) fail(path, `draw ${redraw.draw}`, `draw ${draw}, as its name says`);
  if (redraw.resultSha256 !== result.contentSha256) {
    fail(path, `a draw of result ${redraw.resultSha256.slice(0, 12)}`, `result ${result.contentSha256.slice(0, 12)}`);
  }
  requireSameScores(path, result, redraw);
  return redraw;
}

function requireSameScores(path: string, result: Result, { scores }: Pick<Redraw, 'scores'>): void {
  for (const again of scores) {
    const score = result.scores.find((one) => scoreKey(one) === scoreKey(again));
    if (!score) continue;
    const differences = identityDifferences(again, score);
    if (again.sigmas.join() !== score.sigmas.join())
      differences.push(`levels ${again.sigmas.join()} against ${score.sigmas.join()}`);
    if (differences.length === 0) continue;
    const got = `${scoreKey(again)} with ${differences.join(', ')}`;
    fail(path, got, 'what the result was measured with', 'Name the reference and the extractor that the run used');
  }
}

function fail(path: string, got: string, expected: string, remedy: string = restore): never {
  throw new ResultError({ where: path, got: described(got), expected, remedy });
}

const restore = 'Restore the file, or remove it and those of later draws: they can be drawn again';

function redrawPath(cellFolder: string, draw: number): string {
  return join(cellFolder, redrawsFolderName, `draw-${draw}.json`);
}
