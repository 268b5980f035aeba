/** @file The report of a run: page and table, a pure function of its results, the same bytes every time. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryName, writeFileAtomically } from '../system/atomic-file.ts';
import { described, ResultError } from '../core/errors.ts';
import { registrationFileName } from '../results/registration.ts';
import { readRun, type Run } from '../results/run.ts';
import { resultFileName } from '../results/store.ts';
import type { Papers } from '../recipe/papers.ts';
import { resultsCsv } from './tables/csv.ts';
import { renderPage } from './page/html.ts';
import { reportView } from './page/view.ts';

export interface ReportPaths {
  readonly html: string;
  readonly csv: string;
}

/** The report's files by name, without writing them. */
export function reportFiles(run: Run, papers: Papers): Readonly<Record<'report.html' | 'results.csv', string>> {
  return { 'report.html': renderPage(reportView(run, papers)), 'results.csv': resultsCsv(run) };
}

/**
 * Writes `report.html` and `results.csv` into `folder`.
 * @param run as read by `readRun`, usually from the same folder
 * @throws ResultError when a file that the results name was changed; DataError when the folder cannot be written
 */
export function writeReport(folder: string, run: Run, papers: Papers): ReportPaths {
  const files = reportFiles(run, papers);
  const paths = { html: join(folder, 'report.html'), csv: join(folder, 'results.csv') };
  writeFileAtomically(paths.html, files['report.html']);
  writeFileAtomically(paths.csv, files['results.csv']);
  return paths;
}

/**
 * Copies what a report is made of (registration, results, sample grids; no checkpoints, no logs) into a folder that can be
 * committed, in place of an earlier report, and reads it back.
 * @throws ResultError when the folder holds something else than a report, or a file is not what the results say
 */
export function publishRun(run: Run, folder: string): Run {
  if (existsSync(folder) && !existsSync(join(folder, registrationFileName)) && readdirSync(folder).length > 0) {
    throw new ResultError({
      where: folder,
      got: described('a folder that holds something else than a report'),
      expected: 'an earlier report, or no folder',
      remedy: 'Publish under another name',
    });
  }
  const unfinished = temporaryName(folder);
  try {
    copy(run.folder, unfinished, registrationFileName);
    for (const { cell, result } of run.ledger) {
      if (!result) continue;
      copy(run.folder, unfinished, join(cell, resultFileName));
      for (const { path } of result.files) copy(run.folder, unfinished, join(cell, path));
    }
    readRun(unfinished);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return readRun(folder);
}

function copy(from: string, to: string, path: string): void {
  mkdirSync(dirname(join(to, path)), { recursive: true });
  copyFileSync(join(from, path), join(to, path));
}
