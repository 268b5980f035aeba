/** @file The section on what each choice is worth: there only where a run can say something, and complete there. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reportFiles } from '../../../../harness/report/report.ts';
import { contributionSection } from '../../../../harness/report/sections/choices/contributions.ts';
import { reportContext } from '../../../../harness/report/sections/context.ts';
import { resultsBlock } from '../../../../harness/report/tables/markdown.ts';
import { fixturePapers } from '../../fixture/claims.ts';
import { fixtureCt, fixtureIct } from '../../fixture/recipes.ts';
import { writeFixtureRun, type FixtureOptions } from '../../fixture/run.ts';

const tuning = { ...fixtureCt, id: 'shapes-ladder-1-tuning', tuning: fixtureIct.tuning };
const weighting = {
  ...tuning,
  id: 'shapes-ladder-2-weighting',
  method: { ...tuning.method, weighting: fixtureIct.method.weighting },
};
const run = (options: FixtureOptions = {}) =>
  writeFixtureRun(join(mkdtempSync(join(tmpdir(), 'choices-')), 'run'), { gridImages: 8, ...options });

/** Tuning halves a score exactly, weighting moves it to and fro, the teacher makes it worse by a half. */
const values: Readonly<Record<string, readonly number[]>> = {
  'shapes-ct': [400, 420, 440],
  'shapes-ladder-1-tuning': [200, 210, 220],
  'shapes-ladder-2-weighting': [180, 230, 215],
  'shapes-ict': [270, 345, 322.5],
};
const ladder = run({
  recipes: [fixtureCt, tuning, weighting, fixtureIct],
  value: (id, _, seed) => values[id]![seed]!,
});

describe('the section on choices', () => {
  it('is absent where a run holds only the two ends', () => {
    expect(contributionSection(reportContext(run()), fixturePapers)).toBeNull();
    expect(reportFiles(run(), fixturePapers)['report.html'].includes('What each choice is worth')).toBe(false);
  });

  it('has a row per change with both directions, their intervals, seeds and what the paper says', () => {
    const section = contributionSection(reportContext(ladder), fixturePapers)!;
    const [first] = section.figures;
    expect(section.figures).toHaveLength(2);
    // Weighting: the cube root of (180 x 230 x 215) / (200 x 210 x 220) is 0.9876.
    expect(first!.rows.map(({ name, added }) => [name, added.change, added.outcome, added.count])).toEqual([
      ['tuning', '\u221250\u00a0%', 'better', 'n\u00a0=\u00a03 of 3'],
      ['weighting', '\u22121.24\u00a0%', 'undecided', 'n\u00a0=\u00a03 of 3'],
      ['teacher', '+50\u00a0%', 'worse', 'n\u00a0=\u00a03 of 3'],
    ]);
    expect(first!.rows[1]!.added.why).toBe('the interval holds zero');
    expect(first!.rows[1]!.added.interval).toMatch(/^\u2212[\d.]+\u00a0% to \+[\d.]+\u00a0%$/);
    expect(first!.rows[0]!.removed.change).toBe('\u2013');
    expect(first!.rows[2]!.removed.why).toBe('the same two recipes as when added');
    expect(first!.rows.map(({ says }) => says)).toEqual(['better', 'better, by much', 'better']);
  });

  it('names what is missing, in the page too, and counts its intervals', () => {
    const section = contributionSection(reportContext(ladder), fixturePapers)!;
    expect(section.missing).toEqual(['shapes-ict-without-weighting was not planned']);
    // Four per score, two scores: three added, one removed.
    expect(section.multiplicity).toMatch(/^8 intervals, .* about 0\.4 of them/);
    const page = reportFiles(ladder, fixturePapers)['report.html'];
    expect(page.includes('nothing put in its place: shapes-ict-without-weighting was not planned.')).toBe(true);
    expect(page.includes('href="#choices"')).toBe(true);
  });

  it('draws one dot per number and writes where there is none', () => {
    const { chart } = contributionSection(reportContext(ladder), fixturePapers)!.figures[0]!;
    expect(chart.match(/<circle/g)).toHaveLength(4);
    expect(chart.match(/>no number</g)).toHaveLength(1);
    expect(chart).toContain('weighting, removed: missing, shapes-ict-without-weighting was not planned');
  });

  it('stands in RESULTS.md as tables, in place of a sentence for every pair of recipes', () => {
    const block = resultsBlock([{ run: ladder, reportPath: 'r.html' }], fixturePapers);
    expect(block).toMatch(/^### .* to iCT, choice by choice, on shapes: run$/m);
    expect(block).toMatch(
      /^\| weighting \| \u22121.24\u00a0% \(.* to .*\), undecided, the interval holds zero, n\u00a0=\u00a03 of 3 \| /m,
    );
    expect(block.match(/\| when added \| when removed \(with it against without\) \| the paper says \|/g)).toHaveLength(
      2,
    );
    expect(block).not.toContain('nothing is claimed');
    expect(resultsBlock([{ run: run(), reportPath: 'r.html' }], fixturePapers)).not.toContain('when added');
  });
});
