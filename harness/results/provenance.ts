/** @file Which code made a result and how to make it again, free of personal paths. */
import { execFileSync } from 'node:child_process';
import { readText } from '../system/input-file.ts';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';

export const provenanceSchema = z.strictObject({
  /** Full hash; null outside a git checkout. */
  commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable(),
  /** Whether files other than results differed from that commit. */
  dirty: z.boolean(),
  harnessVersion: z.string().min(1),
  /** Exact command lines, in the order in which they repeat the cell. */
  commands: z.array(z.strictObject({ purpose: z.string().min(1), line: z.string().min(1) })).readonly(),
});
export type Provenance = z.infer<typeof provenanceSchema>;

/**
 * The state of the checkout at `root`. Produced files (reports, runs, RESULTS.md) do not make it dirty.
 * @param commands the lines that repeat the cell, such as `npm run reproduce shapes -- --scale twin --seeds 0`
 */
export function collectProvenance(root: string, commands: Provenance['commands']): Provenance {
  const { version } = JSON.parse(readText(join(root, 'package.json'))) as { version: string };
  const commit = git(root, 'rev-parse', 'HEAD');
  const changes = git(root, 'status', '--porcelain', '--', '.', ':(exclude)reports', ':(exclude)RESULTS.md');
  return {
    commit: commit || null,
    dirty: Boolean(changes),
    harnessVersion: version,
    commands: commands.map(({ purpose, line }) => ({ purpose, line: withoutPersonalPaths(line, root) })),
  };
}

/** The text with the checkout's folder written as `.` and the home folder as `~`. */
export function withoutPersonalPaths(text: string, root: string = process.cwd()): string {
  return text.replaceAll(folderPattern(resolve(root)), '.').replaceAll(folderPattern(homedir()), '~');
}

/** A folder as a whole: a neighbour whose name only begins alike is another one. */
function folderPattern(folder: string): RegExp {
  return new RegExp(`${folder.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w.-])`, 'g');
}

function git(root: string, ...command: string[]): string {
  try {
    return execFileSync('git', ['-C', root, ...command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    // A source archive without git is a legitimate way to run: the result then says that its commit is unknown.
    return '';
  }
}
