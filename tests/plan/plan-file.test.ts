/** @file plan.json: what is written is what is read; anything altered in between is refused. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprint } from '../../harness/core/canonical-json.ts';
import { PlanError } from '../../harness/core/errors.ts';
import { readPlan, writePlan } from '../../harness/plan/plan-file.ts';
import { planFingerprint } from '../../harness/plan/resolve.ts';
import type { Plan } from '../../harness/plan/types.ts';
import { planOf } from './fixtures.ts';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plan-file-'));
  path = join(folder, 'plan.json');
});
afterAll(() => rmSync(folder, { recursive: true }));

const edited = (from: string, to: string) => {
  writePlan(path, planOf());
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
  return () => readPlan(path);
};

describe('plan.json', () => {
  it('is read as it was written', () => {
    writePlan(path, planOf());
    expect(readPlan(path)).toEqual(planOf());
  });

  it('is refused when a number was edited, with the field that betrays it', () => {
    const { fingerprint, recipeFingerprint } = planOf();
    const remedy = 'Do not edit a plan: change the recipe, scale or options and make it again.';
    expect(edited('"seed": 0', '"seed": 1')).toThrow(PlanError);
    expect(edited('"seed": 0', '"seed": 1')).toThrow(
      new RegExp(
        `plan\\.json at fingerprint: got "${fingerprint}", expected [0-9a-f]{64}, the fingerprint of its contents\\. ${remedy}$`,
      ),
    );
    expect(edited('"dropout": 0.3', '"dropout": 0.2')).toThrow(
      `plan.json at recipeFingerprint: got "${recipeFingerprint}"`,
    );
  });

  it('is refused by its name when its recipe was damaged, whatever the recipe then lacks', () => {
    expect(edited('"dropout": 0.3', '"drozout": 0.3')).toThrow(`${path} at recipeFingerprint: got `);
  });

  it('is refused when its recipe is none, even by a version that gave it its fingerprint', () => {
    const { recipe } = planOf();
    const other = { ...recipe, tuning: { ...recipe.tuning, dropout: 3 } };
    writePlan(path, { ...planOf(), recipe: other, recipeFingerprint: fingerprint(other) });
    expect(() => readPlan(path)).toThrow('recipe "cifar10-ict" at tuning.dropout: got 3');
  });

  it.each([
    ['seed', { seed: undefined }],
    ['scale', { scale: undefined }],
    ['engine.device', { engine: { ...planOf().engine, device: 'tpu' } }],
    ['asRun.steps', { asRun: { ...planOf().asRun, steps: 0 } }],
  ])('is refused when %s is missing or none, even by a version that gave it its fingerprint', (field, change) => {
    const other = { ...planOf(), ...change } as unknown as Plan;
    writePlan(path, { ...other, fingerprint: planFingerprint(other) });
    expect(() => readPlan(path)).toThrow(PlanError);
    expect(() => readPlan(path)).toThrow(`${path} at ${field}: got `);
  });

  it('is refused when it is of another schema, no JSON, or not there', () => {
    expect(edited('plan@1', 'plan@2')).toThrow(
      `${path}: got "consistency-harness/plan@2", expected a plan of the schema consistency-harness/plan@1. Make the plan again with this version.`,
    );
    writeFileSync(path, '{"schema":');
    expect(() => readPlan(path)).toThrow(
      `${path}: got text that is not JSON, expected a plan. Remove it and make it again.`,
    );
    writeFileSync(path, 'null');
    expect(() => readPlan(path)).toThrow(`${path}: got null, expected a plan of the schema`);
    const absent = join(folder, 'absent.json');
    expect(() => readPlan(absent)).toThrow(
      `${absent}: got no file of that name, expected a plan, as \`npm run plan\` makes it. Check the path.`,
    );
  });
});
