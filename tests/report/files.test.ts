/** @file The other produced files: the table read back, the block of RESULTS.md, copies that can be committed. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeEach, describe, expect, it } from 'vitest';
import { committedRuns, refresh, reportsOf, resultsPage, staleFiles } from '../../harness/report/committed.ts';
import { csvColumns, resultsCsv } from '../../harness/report/tables/csv.ts';
import { blockEnd, blockStart, replaceBlock, resultsBlock } from '../../harness/report/tables/markdown.ts';
import { writeRedraw } from '../../harness/results/redraws.ts';
import { readRun } from '../../harness/results/run.ts';
import { publishRun, writeReport } from '../../harness/report/report.ts';
import { fixturePapers } from './fixture/claims.ts';
import { fixtureCt, fixtureScale } from './fixture/recipes.ts';
import { writeFixtureRun } from './fixture/run.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'files-'));
});

describe('results.csv', () => {
  it('holds every score and a row for every cell without one, read back as written', () => {
    const run = writeFixtureRun(join(root, 'run'), {
      gridImages: 8,
      spoiled: { 'shapes-ct-seed1': 'diverged', 'shapes-ict-seed2': 'missing' },
    });
    const rows = parse<Record<string, string>>(resultsCsv(run), { columns: true });
    expect(Object.keys(rows[0]!)).toEqual(csvColumns);
    const ends = rows.filter(({ point }) => point === 'end');
    expect(ends).toHaveLength(4 * 2);
    expect(ends[0]).toMatchObject({
      recipe: 'shapes-ct',
      seed: '0',
      state: 'done',
      metric: 'fd-shapes',
      nfe: '1',
      value: '595',
      dirty: 'false',
      step: '4000',
    });
    expect(rows.filter(({ state }) => state === 'missing')).toHaveLength(1);
    // Three points of each curve were scored before the cell diverged.
    const diverged = rows.filter(({ state }) => state === 'diverged').map(({ point }) => point);
    expect(diverged).toEqual(['curve', 'curve', 'curve', 'curve', 'curve', 'curve']);
  });

  it('says how many processes shared a batch', () => {
    const csv = resultsCsv(writeFixtureRun(join(root, 'ranks'), { seeds: [0], gridImages: 8, ranks: 4 }));
    expect(new Set(parse<Record<string, string>>(csv, { columns: true }).map(({ ranks }) => ranks))).toEqual(
      new Set(['4']),
    );
  });

  it('disarms text that a spreadsheet would take for a formula', () => {
    const run = writeFixtureRun(join(root, '=cmd()'), { seeds: [0], recipes: [fixtureCt], gridImages: 8 });
    const [first] = parse<Record<string, string>>(resultsCsv(run), { columns: true });
    expect(first?.run).toBe("'=cmd()");
  });
});

describe('the block of RESULTS.md', () => {
  const text = `# Results\n\nBefore.\n\n${blockStart}\n\nold\n\n${blockEnd}\n\nAfter.\n`;

  it('is replaced and nothing else is', () => {
    const replaced = replaceBlock('RESULTS.md', text, 'new');
    expect(replaced).toBe(text.replace('old', 'new'));
    expect(replaceBlock('RESULTS.md', replaced, 'new')).toBe(replaced);
  });

  it('is refused when a marker is missing or doubled', () => {
    const message = `RESULTS.md: got no single generated block, expected one line "${blockStart}" and after it one line "${blockEnd}". Put both lines back where the results are to stand.`;
    expect(() => replaceBlock('RESULTS.md', text.replace(blockEnd, ''), 'new')).toThrow(message);
    expect(() => replaceBlock('RESULTS.md', text + text, 'new')).toThrow(message);
  });

  it('says that there is nothing before the first run', () => {
    expect(resultsBlock([], fixturePapers)).toBe('No run has been committed yet.');
  });

  it('lets no name become markup', () => {
    const run = writeFixtureRun(join(root, '<b>|[x](y)'), { seeds: [0], gridImages: 8 });
    expect(resultsBlock([{ run, reportPath: 'r' }], fixturePapers)).toContain('\\<b\\>\\|\\[x\\](y)');
  });

  it('gives a verdict where the run is at the published scale', () => {
    const scale = { ...fixtureScale, maxIntervals: null };
    const run = writeFixtureRun(join(root, 'run'), { scale, gridImages: 8 });
    expect(resultsBlock([{ run, reportPath: 'r' }], fixturePapers)).toContain(
      '- CT, fd-shapes, one step, published 600: **inconclusive (n = 3)** (the interval crosses the edge of the margin)\n' +
        '- iCT, fd-shapes, two steps, published 150: **worse**',
    );
  });
});

describe('a published run', () => {
  it('is a copy of results and grids that regenerates to nothing new', () => {
    const run = writeFixtureRun(join(root, 'runs', 'shapes-twin'), { seeds: [0, 1], gridImages: 8 });
    mkdirSync(join(run.folder, 'shapes-ct-seed0', 'checkpoints'));
    const published = publishRun(run, join(root, 'reports', 'twin'));
    expect(published.ledger).toEqual(run.ledger);
    expect(existsSync(join(published.folder, 'shapes-ct-seed0', 'checkpoints'))).toBe(false);
    expect(existsSync(join(published.folder, 'shapes-ct-seed0', 'samples', 'real.png'))).toBe(true);
    writeFileSync(join(root, 'RESULTS.md'), `${blockStart}\n${blockEnd}\n`);
    const files = () => {
      const runs = committedRuns(root);
      return [...reportsOf(runs, fixturePapers), resultsPage(root, runs, fixturePapers)];
    };
    expect(refresh(files()).map(({ path }) => path.slice(root.length + 1))).toEqual([
      'reports/twin/report.html',
      'reports/twin/results.csv',
      'RESULTS.md',
    ]);
    expect(staleFiles(files())).toEqual([]);
    expect(readFileSync(join(root, 'RESULTS.md'), 'utf8')).toContain('(reports/twin/report.html)');
    writeFileSync(join(root, 'reports', 'twin', 'results.csv'), 'edited');
    expect(staleFiles(files()).map(({ path }) => path)).toEqual([join(root, 'reports', 'twin', 'results.csv')]);
  });

  it('keeps the record of a cell that failed', () => {
    const spoiled = { 'shapes-ct-seed0': 'failed', 'shapes-ict-seed0': 'missing' } as const;
    const run = writeFixtureRun(join(root, 'runs', 'shapes-twin'), { seeds: [0, 1], spoiled, gridImages: 8 });
    const published = publishRun(run, join(root, 'reports', 'twin'));
    expect(published.ledger).toEqual(run.ledger);
    expect(published.ledger.map(({ state }) => state)).toEqual(['failed', 'missing', 'done', 'done']);
  });

  it('keeps the draws that were added to a cell', () => {
    const folder = join(root, 'runs', 'shapes-twin');
    const { ledger } = writeFixtureRun(folder, { seeds: [0], gridImages: 8 });
    const { scores, machine, provenance, ...result } = ledger[0]!.result!;
    writeRedraw(join(folder, ledger[0]!.cell), ledger[0]!.result!, {
      draw: 1,
      weightsSha256: result.contentSha256,
      scores: scores.map(({ metric, nfe, sigmas, value, identity }) => ({ metric, nfe, sigmas, value, identity })),
      ...{ warnings: [], machine, provenance, streams: [] },
    });
    const run = readRun(folder);
    expect(run.ledger[0]!.result!.scores[0]!.redraws).toHaveLength(1);
    expect(publishRun(run, join(root, 'reports', 'twin')).ledger).toEqual(run.ledger);
  });

  it('replaces an earlier report but no other folder', () => {
    const run = writeFixtureRun(join(root, 'runs', 'shapes-twin'), { seeds: [0], gridImages: 8 });
    publishRun(run, join(root, 'reports', 'twin'));
    expect(publishRun(run, join(root, 'reports', 'twin')).ledger).toEqual(run.ledger);
    mkdirSync(join(root, 'precious'));
    writeFileSync(join(root, 'precious', 'thesis.tex'), 'x');
    expect(() => publishRun(run, join(root, 'precious'))).toThrow(
      `${join(root, 'precious')}: got a folder that holds something else than a report, expected an earlier report, or no folder. Publish under another name.`,
    );
    expect(readFileSync(join(root, 'precious', 'thesis.tex'), 'utf8')).toBe('x');
  });
});

it('a report refuses a grid that was changed after the run was read', () => {
  const run = writeFixtureRun(join(root, 'run'), { seeds: [0], gridImages: 8 });
  const grid = join(run.folder, 'shapes-ct-seed0', 'samples', 'one-step.png');
  writeFileSync(grid, 'x');
  expect(() => writeReport(run.folder, run, fixturePapers)).toThrow(`${grid}: got content that was changed`);
  expect(existsSync(join(run.folder, 'report.html'))).toBe(false);
});

it('a report of a run without a single result says so', () => {
  const spoiled = { 'shapes-ct-seed0': 'missing', 'shapes-ict-seed0': 'missing' } as const;
  const run = writeFixtureRun(join(root, 'run'), { seeds: [0], spoiled });
  const page = readFileSync(writeReport(run.folder, run, fixturePapers).html, 'utf8');
  expect(page).toContain('No planned cell has ended yet: there is nothing to report.');
  expect(page).toContain('0 of 2 planned cells finished; 2 missing');
});
