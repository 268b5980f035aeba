/** @file The section on committed weights: first in the page, with both values, and one line where there is nothing. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishRun, reportFiles } from '../../../../harness/report/report.ts';
import { committedSection } from '../../../../harness/report/sections/samples/committed.ts';
import { GridEmbedder } from '../../../../harness/report/sections/samples/embed.ts';
import { chooseCommitted } from '../../../../harness/run/committed.ts';
import type { Result } from '../../../../harness/results/schema.ts';
import { fixturePapers } from '../../fixture/claims.ts';
import { committedFolder, newFolder, sampledRun } from '../../fixture/committed.ts';
import { fixtureCt, fixtureIct } from '../../fixture/recipes.ts';
import { writeFixtureRun } from '../../fixture/run.ts';

const choice = (recipes = [fixtureCt, fixtureIct]) => chooseCommitted(committedFolder(), recipes, 'cpu');
const sectionOf = (run: Awaited<ReturnType<typeof sampledRun>>) => committedSection(run, new GridEmbedder(run.folder))!;
const page = (run: Awaited<ReturnType<typeof sampledRun>>) => reportFiles(run, fixturePapers)['report.html'];

describe('the section on committed weights', () => {
  it('stands first, with the committed value beside that of this machine, the grids, and where the weights are from', async () => {
    const run = await sampledRun();
    const section = sectionOf(run);
    expect(section.lacking).toEqual([]);
    expect(
      section.rows.map(({ metric, label, before, here, outcome }) => [metric, label, before === here, outcome]),
    ).toEqual([
      ['fd-shapes, one step', 'CT (squared \u2113\u2082, \u03bb\u00a0=\u00a01)', true, 'equal'],
      ['fd-shapes, two steps', 'CT (squared \u2113\u2082, \u03bb\u00a0=\u00a01)', true, 'equal'],
      ['fd-shapes, one step', 'iCT', true, 'equal'],
      ['fd-shapes, two steps', 'iCT', true, 'equal'],
    ]);
    expect(section.rule).toBe('Both machines are of one kind: the values must be equal.');
    expect(section.grids.map(({ title, images }) => [title, images.length])).toEqual([
      ['one step', 3],
      ['two steps', 2],
    ]);
    expect(section.grids[0]!.images[0]!.path).toBe('committed/shapes-ct-seed0/samples/one-step.png');
    expect(section.origins[0]!.text).toMatch(
      /^shapes-ct version 3 \([0-9a-f]{12}\), seed 0, scale twin, plan [0-9a-f]{12}, commit 0123456789ab, weights sha256 [0-9a-f]{12}, on .*npm run reproduce/,
    );
    const html = page(run);
    expect(html.indexOf('id="committed"')).toBeGreaterThan(0);
    expect(html.indexOf('id="committed"')).toBeLessThan(html.indexOf('id="result"'));
  });

  it('says that values differ, by how much, and by which rule', async () => {
    const change = ({ machine, scores }: Result): Partial<Result> => ({
      machine: { ...machine, cores: machine.cores + 1 },
      scores: scores.map((score, i) => ({ ...score, value: score.value * (i === 0 ? 1.001 : 1.1) })),
    });
    const { rows, rule } = sectionOf(await sampledRun(choice(), change));
    expect(rows.slice(0, 2).map(({ outcome, kind }) => [outcome, kind])).toEqual([
      ['within the tolerance, 0.1\u00a0%', 'good'],
      ['outside the tolerance, 10\u00a0%', 'bad'],
    ]);
    expect(rule).toMatch(/^The machines differ \(cores \d+ against \d+\): values may lie 0\.5\u00a0% apart\.$/);
  });

  it('is one line where no weights are committed, and names those that do not fit', async () => {
    const none = await sampledRun(chooseCommitted(newFolder(), [fixtureCt], 'cpu'));
    expect(sectionOf(none)).toMatchObject({
      lacking: ['No weights of shapes-ct are committed: of them this report shows what a few steps give.'],
      rows: [],
    });
    expect(page(none)).toContain('No weights of shapes-ct are committed');
    const old = sectionOf(await sampledRun(choice([fixtureCt, { ...fixtureIct, version: 9 }])));
    expect(old.lacking).toEqual([
      expect.stringMatching(/^Committed weights were refused: .*shapes-ict, version 2, expected version 9/),
    ]);
    expect(old.rows).toHaveLength(2);
  });

  it('is absent from a run that was not to sample any', () => {
    const run = writeFixtureRun(join(newFolder(), 'run'), { gridImages: 8 });
    expect(committedSection(run, new GridEmbedder(run.folder))).toBeNull();
    expect(page(run)).not.toContain('id="committed"');
  });

  it('goes with the run when that is published', async () => {
    const run = await sampledRun();
    const published = publishRun(run, join(newFolder(), 'shapes-smoke'));
    expect(page(published)).toBe(page(run));
  });
});
