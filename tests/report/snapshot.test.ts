/** @file Results in, the same bytes out: the page, the table and the block of RESULTS.md against committed copies. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { resultsBlock } from '../../harness/report/tables/markdown.ts';
import { reportFiles } from '../../harness/report/report.ts';
import type { Run } from '../../harness/results/run.ts';
import { fixturePapers } from './fixture/claims.ts';
import { writeFixtureRun } from './fixture/run.ts';

const copies = join(import.meta.dirname, 'snapshot');

/** A page that anyone can open from a mail stays below this, images included. */
const pageLimit = 3_000_000;

let run: Run;
let files: Readonly<Record<string, string>>;

beforeAll(() => {
  run = writeFixtureRun(join(mkdtempSync(join(tmpdir(), 'snapshot-')), 'shapes-twin'), {
    gridImages: 16,
    spoiled: { 'shapes-ct-seed1': 'diverged' },
    warnings: [{ kind: 'few-samples', metric: 'fd-shapes', samples: 2_000, wanted: 5_000 }, { kind: 'eager-engine' }],
  });
  const block = resultsBlock([{ run, reportPath: 'reports/shapes-twin/report.html' }], fixturePapers);
  files = { ...reportFiles(run, fixturePapers), 'results-block.txt': `${block}\n` };
});

describe('the report', () => {
  it.each(['report.html', 'results.csv', 'results-block.txt'])('gives %s byte for byte as committed', (name) => {
    const path = join(copies, name);
    if (process.env.UPDATE_REPORT_SNAPSHOT) writeFileSync(path, files[name]!);
    const difference = firstDifference(files[name]!, readFileSync(path, 'utf8'));
    // A whole page in a failure message helps nobody: the first difference does.
    expect(
      difference,
      'after a wanted change: UPDATE_REPORT_SNAPSHOT=1 npx vitest run tests/report/snapshot',
    ).toBeNull();
  });

  it('is the same when it is made again', () => {
    expect(reportFiles(run, fixturePapers)).toEqual(reportFiles(run, fixturePapers));
  });

  it('holds nothing of the machine that made it', () => {
    for (const text of Object.values(files)) {
      expect(text).not.toContain(run.folder);
      expect(text).not.toContain(process.cwd());
    }
  });

  it('stays small', () => {
    expect(Buffer.byteLength(files['report.html']!)).toBeLessThan(pageLimit);
  });
});

function firstDifference(got: string, committed: string): { line: number; got: string; committed: string } | null {
  if (got === committed) return null;
  const [a, b] = [got.split('\n'), committed.split('\n')];
  const line = a.findIndex((text, i) => text !== b[i]);
  const at = line < 0 ? a.length : line;
  const [mine, theirs] = [a[at] ?? '', b[at] ?? ''];
  let column = 0;
  while (column < mine.length && mine[column] === theirs[column]) column += 1;
  const from = Math.max(0, column - 40);
  return { line: at + 1, got: mine.slice(from, from + 160), committed: theirs.slice(from, from + 160) };
}
