/**
 * @file Writes and reads `plan.json`; a plan is accepted only if both fingerprints match its contents.
 *
 * The file is written whole.
 */
import { readText } from '../system/files/input-file.ts';
import { writeJsonAtomically } from '../system/files/atomic-file.ts';
import { fingerprint } from '../core/canonical-json.ts';
import { PlanError, described } from '../core/errors.ts';
import { validateRecipe } from '../recipe/validate.ts';
import { planFingerprint } from './resolve.ts';
import { planParts } from './schema.ts';
import type { Plan } from './types.ts';

/** Name of a cell's plan in its folder. */
export const planFileName = 'plan.json';

const schema: Plan['schema'] = 'consistency-harness/plan@1';

export function writePlan(path: string, plan: Plan): void {
  writeJsonAtomically(path, plan);
}

/**
 * The plan of a file.
 * @throws PlanError when the file is missing, no JSON, of another schema, lacks a part, or was changed after it was written; RecipeError when its recipe
 *   is none
 */
export function readPlan(path: string): Plan {
  const value = parse(path);
  const found: unknown = typeof value === 'object' && value !== null ? (value as { schema?: unknown }).schema : value;
  if (found !== schema) {
    throw new PlanError({
      where: path,
      got: found,
      expected: `a plan of the schema ${schema}`,
      remedy: 'Make the plan again with this version',
    });
  }
  const { recipe, recipeFingerprint } = value as { readonly recipe?: unknown; readonly recipeFingerprint?: unknown };
  // A damaged recipe is a damaged file first: what is wrong inside of it would not name the file.
  if (recipe !== undefined) check(path, 'recipeFingerprint', String(recipeFingerprint), fingerprint(recipe));
  validateRecipe(recipe);
  requireParts(path, value);
  const plan: Plan = value;
  check(path, 'fingerprint', plan.fingerprint, planFingerprint(plan));
  return plan;
}

function requireParts(path: string, value: unknown): asserts value is Plan {
  const issue = planParts.safeParse(value).error?.issues[0];
  if (issue === undefined) return;
  throw new PlanError({
    where: `${path} at ${issue.path.map(String).join('.') || 'its top'}`,
    got: described(issue.message),
    expected: 'a plan as this version makes it',
    remedy: 'Make the plan again with this version',
  });
}

function check(path: string, field: string, stored: string, computed: string): void {
  if (stored === computed) return;
  throw new PlanError({
    where: `${path} at ${field}`,
    got: stored,
    expected: `${computed}, the fingerprint of its contents`,
    remedy: 'Do not edit a plan: change the recipe, scale or options and make it again',
  });
}

function parse(path: string): unknown {
  const text = readText(path, 'a plan, as `npm run plan` makes it');
  try {
    return JSON.parse(text) as unknown;
  } catch (thrown) {
    throw new PlanError(
      {
        where: path,
        got: described('text that is not JSON'),
        expected: 'a plan',
        remedy: 'Remove it and make it again',
      },
      { cause: thrown },
    );
  }
}
