/**
 * @file Writes the report of a run, page and table, as a pure function of its results.
 *
 * The bytes are the same every time.
 */
import { copyFile, copyTree, exists, move, namesIn, remove } from '../system/files/files.ts';
import { join } from 'node:path';
import { temporaryName, writeFileAtomically } from '../system/files/atomic-file.ts';
import { described, ResultError } from '../core/errors.ts';
import { registrationFileName } from '../results/registration.ts';
import { readRun, type Run } from '../results/run.ts';
import { copySampledHere } from '../results/origin/sampled-here.ts';
import { redrawsFolderName } from '../results/redraws.ts';
import { failureFileName, resultFileName } from '../results/store.ts';
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

/** Where `writeReport` writes. */
export function reportPaths(folder: string): ReportPaths {
  return { html: join(folder, 'report.html'), csv: join(folder, 'results.csv') };
}

/**
 * Writes `report.html` and `results.csv` into `folder`.
 * @param run as read by `readRun`, usually from the same folder
 * @throws ResultError when a file that the results name was changed; DataError when the folder cannot be written
 */
export function writeReport(folder: string, run: Run, papers: Papers): ReportPaths {
  return writeReportFiles(folder, reportFiles(run, papers));
}

/** Writes the files of a report. @throws DataError when the folder cannot be written */
export function writeReportFiles(folder: string, files: ReturnType<typeof reportFiles>): ReportPaths {
  const paths = reportPaths(folder);
  writeFileAtomically(paths.html, files['report.html']);
  writeFileAtomically(paths.csv, files['results.csv']);
  return paths;
}

/**
 * Copies what a report is made of (registration, results, added draws, sample grids; no checkpoints, no logs) into a folder that can be
 * committed, in place of an earlier report, and reads it back.
 * @throws ResultError when the folder holds something else than a report, or a file is not what the results say
 */
export function publishRun(run: Run, folder: string): Run {
  if (exists(folder) && !exists(join(folder, registrationFileName)) && namesIn(folder).length > 0) {
    throw new ResultError({
      where: folder,
      got: described('a folder that holds something else than a report'),
      expected: 'an earlier report, or no folder',
      remedy: 'Publish under another name',
    });
  }
  const unfinished = temporaryName(folder);
  const copyHere = (path: string): void => copyFile(join(run.folder, path), join(unfinished, path));
  try {
    copyHere(registrationFileName);
    for (const { cell, state, result } of run.ledger) {
      if (!result) continue;
      copyHere(join(cell, state === 'failed' ? failureFileName : resultFileName));
      const redraws = join(cell, redrawsFolderName);
      if (exists(join(run.folder, redraws))) copyTree(join(run.folder, redraws), join(unfinished, redraws));
      for (const { path } of result.files) copyHere(join(cell, path));
    }
    copySampledHere(run.folder, unfinished, publishRun);
    readRun(unfinished);
    remove(folder);
    move(unfinished, folder);
  } finally {
    remove(unfinished);
  }
  return readRun(folder);
}
