/** @file Provenance of a result: the code, and the commands that repeat it, without personal paths. */
import { readText } from '../../system/files/input-file.ts';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { checkoutState, commitPattern } from './checkout.ts';

export const provenanceSchema = z.strictObject({
  /** Full hash; null where it could not be had. */
  commit: z.string().regex(commitPattern).nullable(),
  /** Whether files other than results differed from that commit; null where that could not be told. */
  dirty: z.boolean().nullable(),
  /** Why one of the two is not known; results of before that was told lack it. */
  unknown: z.string().min(1).optional(),
  harnessVersion: z.string().min(1),
  /** Exact command lines, in the order in which they repeat the cell. */
  commands: z.array(z.strictObject({ purpose: z.string().min(1), line: z.string().min(1) })).readonly(),
});
export type Provenance = z.infer<typeof provenanceSchema>;

/**
 * The state of the checkout whose top is `root`. Produced files (reports, runs, RESULTS.md) do not make it dirty.
 * @param commands the lines that repeat the cell, such as `npm run reproduce shapes -- --scale twin --seeds 0`
 */
export function collectProvenance(root: string, commands: Provenance['commands']): Provenance {
  const { version } = JSON.parse(readText(join(root, 'package.json'))) as { version: string };
  return {
    ...checkoutState(root),
    harnessVersion: version,
    commands: commands.map(({ purpose, line }) => ({ purpose, line: withoutPersonalPaths(line, root) })),
  };
}

const ownCheckout = resolve(import.meta.dirname, '../../..');

/** The text with the checkout's folder written as `.` and the home folder as `~`. */
export function withoutPersonalPaths(text: string, root: string = ownCheckout): string {
  return text.replaceAll(folderPattern(resolve(root)), '.').replaceAll(folderPattern(homedir()), '~');
}

/** A folder as a whole: a neighbour whose name only begins alike is another one. */
function folderPattern(folder: string): RegExp {
  return new RegExp(`${folder.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w.-])`, 'g');
}
