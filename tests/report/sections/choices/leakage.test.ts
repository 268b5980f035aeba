/** @file The table of leakage: in the page where two networks scored the samples, and nowhere else. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { reportFiles } from '../../../../harness/report/report.ts';
import { leakageTable } from '../../../../harness/report/sections/choices/leakage.ts';
import { reportContext } from '../../../../harness/report/sections/context.ts';
import { fixturePapers } from '../../fixture/claims.ts';
import { fixtureCt, fixtureIct } from '../../fixture/recipes.ts';
import { writeFixtureRun, type FixtureOptions } from '../../fixture/run.ts';

const distance = { kind: 'perceptual', features: 'shapes-encoder-1' } as const;
const options: FixtureOptions = {
  recipes: [{ ...fixtureCt, method: { ...fixtureCt.method, distance } }, fixtureIct],
  value: (id) => (id === 'shapes-ct' ? 400 : 200),
  control: (id, nfe) => (id === 'shapes-ct' ? 40 : 30) * nfe,
};
const run = (changed: FixtureOptions) =>
  writeFixtureRun(join(mkdtempSync(join(tmpdir(), 'leakage-')), 'run'), { gridImages: 8, ...changed });

it('shows both scores of each recipe, and by how much one flatters the recipe that was trained through it', () => {
  const both = run(options);
  const rows = leakageTable(reportContext(both))!.rows.map(({ sampler, recipe, judged, control, factor, count }) =>
    [sampler, recipe, judged, control, factor, count].join(' | '),
  );
  expect(rows).toEqual([
    'one step | CT (perceptual, not LPIPS) | 400.0 | 40.00 | \u2013 | 3 of 3',
    'one step | iCT | 200.0 | 30.00 | 1.50 (1.50 to 1.50) | 3 of 3',
    'two steps | CT (perceptual, not LPIPS) | 400.0 | 80.00 | \u2013 | 3 of 3',
    'two steps | iCT | 200.0 | 60.00 | 1.50 (1.50 to 1.50) | 3 of 3',
  ]);
  const files = reportFiles(both, fixturePapers);
  expect(files['report.html']).toContain('Leakage <span>');
  expect(files['results.csv']).toContain(',fd-encoder,');
});

it('is absent where one network scored', () => {
  const alone = run({});
  expect(leakageTable(reportContext(alone))).toBeNull();
  expect(reportFiles(alone, fixturePapers)['report.html']).not.toContain('Leakage <span>');
});
