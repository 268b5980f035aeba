/** @file Registration of a run before its first step: its cells, and the thresholds that judge them. */
import { exists, namesIn } from '../system/files/files.ts';
import { readText } from '../system/files/input-file.ts';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../system/files/atomic-file.ts';
import { fingerprint } from '../core/canonical-json.ts';
import { DataError, described, PlanError, ResultError } from '../core/errors.ts';
import { readableJson } from '../system/files/readable-json.ts';
import { datasetIds } from '../recipe/dataset.ts';
import type { Plan } from '../plan/types.ts';
import { standardJudgement, type Judgement } from './judgement.ts';
import { withoutPersonalPaths } from './origin/provenance.ts';

export const registrationFileName = 'registration.json';
const registrationSchemaId = 'consistency-harness/registration@1';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lowercase hex digits');
const count = z.int().positive();

const registeredSchema = {
  /** In order: the first is the baseline that the others are compared with. */
  recipes: z
    .array(z.strictObject({ id: z.string().min(1), version: count, fingerprint: sha256Hex }))
    .min(1)
    .readonly(),
  seeds: z.array(z.int().nonnegative()).min(1).readonly(),
  cells: z
    .array(z.strictObject({ recipeId: z.string().min(1), seed: z.int().nonnegative(), planFingerprint: sha256Hex }))
    .min(1)
    .readonly(),
  judgement: z.strictObject({
    confidence: z.number().gt(0).lt(1),
    relativeMargin: z.number().positive(),
    margins: z.record(z.string(), z.number().positive()).exactOptional(),
    minimumSeeds: z.int().min(2, 'must be at least 2: one seed never yields a verdict'),
  }),
};

const registrationSchema = z.strictObject({
  schema: z.literal(registrationSchemaId),
  name: z.string().min(1),
  dataset: z.enum(datasetIds),
  scale: z.string().min(1),
  /** The images that every cell is trained on; absent where nothing is trained. */
  data: z.strictObject({ contentSha256: sha256Hex, origin: z.string().min(1) }).exactOptional(),
  /** The command line that starts, and continues, the whole run. */
  command: z.string().min(1),
  ...registeredSchema,
  /** What was registered before and why it was changed, oldest first; printed in the report. */
  amendments: z.array(z.strictObject({ why: z.string().min(1), ...registeredSchema })).readonly(),
  /** sha256 of the canonical JSON of everything above. */
  fingerprint: sha256Hex,
});
export type Registration = z.infer<typeof registrationSchema>;

export interface RegistrationRequest {
  /** One plan per cell, in the order in which recipes are to be shown. */
  readonly plans: readonly Plan[];
  readonly command: string;
  readonly data?: Registration['data'];
  readonly judgement?: Judgement;
  /** Why the registered cells or thresholds are to be changed although the run has begun. */
  readonly amend?: string;
}

/** The folder of a cell inside the folder of its run. */
export function cellFolderName(recipeId: string, seed: number): string {
  return `${recipeId}-seed${seed}`;
}

/**
 * Registers a run, or finds it registered as asked. A changed registration of a run that has begun (a cell has a folder) is
 * refused unless `amend` gives the reason, which is kept and printed.
 * @param runFolder `runs/<planName>`; its name is the name of the run
 * @throws PlanError when the plans are no cross of recipes and seeds, or differ from what was registered; DataError when a run that has begun
 *   is to go on with other images
 */
export function registerRun(runFolder: string, request: RegistrationRequest): Registration {
  const path = join(runFolder, registrationFileName);
  const registered = crossOf(path, request);
  const before = exists(path) ? readRegistration(runFolder) : null;
  const begun = before !== null && hasBegun(runFolder, before);
  const { data } = begun ? before : request;
  if (begun) requireSameData(path, data, request.data);
  if (before && sameCells(before, registered) && before.data?.contentSha256 === data?.contentSha256) return before;
  let amendments: Registration['amendments'] = [];
  if (begun) {
    if (request.amend === undefined) refuseChange(path, before, registered);
    const { recipes, seeds, cells, judgement } = before;
    amendments = [...before.amendments, { why: request.amend, recipes, seeds, cells, judgement }];
  }
  const first = request.plans[0]!;
  const body = {
    schema: registrationSchemaId,
    name: basename(runFolder),
    dataset: first.recipe.data.dataset,
    scale: first.scale.id,
    ...(data && { data }),
    command: withoutPersonalPaths(request.command),
    ...registered,
    amendments,
  } as const;
  const registration = { ...body, fingerprint: fingerprint(body) };
  writeFileAtomically(path, readableJson(registration));
  return registration;
}

/**
 * Reads `<runFolder>/registration.json`.
 * @throws ResultError when it is missing, malformed or was edited
 */
export function readRegistration(runFolder: string): Registration {
  const path = join(runFolder, registrationFileName);
  if (!exists(path)) {
    throw new ResultError({
      where: path,
      got: described('no file'),
      expected: 'the registration of a run',
      remedy: 'Name a folder below runs/ or reports/ that a run has written',
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(readText(path));
  } catch (thrown) {
    return refuse(path, thrown instanceof Error ? thrown.message : String(thrown), 'JSON');
  }
  const parsed = registrationSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return refuse(path, `${issue.path.map(String).join('.')}: ${issue.message}`, `schema ${registrationSchemaId}`);
  }
  if (fingerprint({ ...parsed.data, fingerprint: undefined }) !== parsed.data.fingerprint) {
    return refuse(path, 'content that was changed after it was written', `sha256 ${parsed.data.fingerprint}`);
  }
  return parsed.data;
}

type Registered = Pick<Registration, 'recipes' | 'seeds' | 'cells' | 'judgement'>;

function crossOf(path: string, { plans, judgement = standardJudgement }: RegistrationRequest): Registered {
  const recipes = new Map(
    plans.map(({ recipe, recipeFingerprint }) => [
      recipe.id,
      { id: recipe.id, version: recipe.version, fingerprint: recipeFingerprint },
    ]),
  );
  const seeds = [...new Set(plans.map(({ seed }) => seed))];
  const cells = plans.map((plan) => ({
    recipeId: plan.recipe.id,
    seed: plan.seed,
    planFingerprint: plan.fingerprint,
  }));
  const distinct = new Set(cells.map(({ recipeId, seed }) => cellFolderName(recipeId, seed)));
  const oneScale = new Set(plans.map(({ scale, recipe }) => `${scale.id}/${recipe.data.dataset}`)).size === 1;
  if (distinct.size === plans.length && plans.length === recipes.size * seeds.length && oneScale && plans.length > 0) {
    return { recipes: [...recipes.values()], seeds, cells, judgement };
  }
  throw new PlanError({
    where: path,
    got: described(`${plans.length} plans of ${recipes.size} recipes and ${seeds.length} seeds`),
    expected: 'one plan for each recipe and seed, all of one data set and one scale',
    remedy: 'Register the full cross of recipes and seeds, so that recipes can be compared seed by seed',
  });
}

function sameCells(a: Registered, b: Registered): boolean {
  const of = ({ recipes, seeds, cells, judgement }: Registered): string =>
    fingerprint({ recipes, seeds, cells, judgement });
  return of(a) === of(b);
}

function hasBegun(runFolder: string, registration: Registered): boolean {
  const planned = new Set(registration.cells.map(({ recipeId, seed }) => cellFolderName(recipeId, seed)));
  return namesIn(runFolder).some((name) => planned.has(name));
}

/** Cells of one run are compared seed by seed: no reason makes those comparable that were trained on different images. */
function requireSameData(path: string, before: Registration['data'], now: Registration['data']): void {
  if (!before || !now || before.contentSha256 === now.contentSha256) return;
  throw new DataError({
    where: path,
    got: described(`images with sha256 ${now.contentSha256} (${now.origin})`),
    expected: `sha256 ${before.contentSha256} (${before.origin}), with which the run began`,
    remedy: 'Name that data with --data, or give the run with these a name of its own with --name',
  });
}

function refuseChange(path: string, before: Registered, after: Registered): never {
  throw new PlanError({
    where: path,
    got: described(`${changeOf(before, after)} after the run had begun`),
    expected: 'the cells and thresholds that were registered before the first step',
    remedy: 'Run it under another name, or give the reason with --amend "<why>": the report will print it',
  });
}

function changeOf(before: Registered, after: Registered): string {
  const list = (registered: Registered): string =>
    `${registered.recipes.map(({ id }) => id).join(', ')} with seeds ${registered.seeds.join(', ')}`;
  const [from, to] = [list(before), list(after)];
  if (from !== to) return `${to} instead of ${from}`;
  if (fingerprint(before.judgement) !== fingerprint(after.judgement)) return 'other thresholds';
  return 'other plans for the same cells';
}

function refuse(path: string, got: string, expected: string): never {
  throw new ResultError({
    where: path,
    got: described(got),
    expected,
    remedy: 'Restore the file: a registration is changed only with --amend',
  });
}
