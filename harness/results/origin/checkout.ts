/**
 * @file Reads the state of a checkout: its commit, and whether files differ from it.
 *
 * Each is stated only where it is known.
 */
import { spawnSync } from 'node:child_process';
import { canSee, isFile } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';
import { join, resolve } from 'node:path';

export interface CheckoutState {
  /** Full hash; null where it cannot be had. */
  readonly commit: string | null;
  /** Whether files other than produced ones differ from the commit; null where that cannot be told. */
  readonly dirty: boolean | null;
  /** Why one of the two is not known. */
  readonly unknown?: string;
}

/** Reports and results are produced, not changed by hand. */
const code = ['.', ':(exclude)reports', ':(exclude)RESULTS.md'];

/** 40 digits, or 64 in a repository of sha256. */
export const commitPattern = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** Asks git about the checkout whose top is `root`, and about no other: not one around it, not one that the environment names. */
export function checkoutState(root: string): CheckoutState {
  if (!canSee(join(root, '.git'))) return { commit: null, dirty: null, unknown: 'the code is no git checkout' };
  const asked = git(root, 'rev-parse', '--verify', 'HEAD');
  const commit = commitIn(asked?.text) ?? writtenCommit(root);
  if (commit === null) return { commit, dirty: null, unknown: 'git finds no commit in the checkout' };
  if (asked === undefined) return { commit, dirty: null, unknown: 'git cannot be run' };
  return { commit, ...changes(root) };
}

function changes(root: string): Pick<CheckoutState, 'dirty' | 'unknown'> {
  const status = git(
    root,
    'status',
    '--porcelain',
    '--untracked-files=normal',
    '--ignore-submodules=none',
    '--',
    ...code,
  );
  if (status?.text) return { dirty: true };
  // With a complaint about a folder that it could not look into, git calls the rest clean.
  if (!status?.complete) return { dirty: null, unknown: 'git could not compare every file with the commit' };
  const files = git(root, 'ls-files', '-v', '--', ...code);
  if (files?.complete && files.text.split('\n').every((line) => line.startsWith('H '))) return { dirty: false };
  return { dirty: null, unknown: 'git was told to overlook changes of some files' };
}

interface Answer {
  readonly text: string;
  /** Whether it ended well and complained about nothing. */
  readonly complete: boolean;
}

/** Asks git about the checkout whose top is `root`. @returns undefined where there is no git to be run */
export function git(root: string, ...command: string[]): Answer | undefined {
  // Naming both folders keeps git from looking for others, and from refusing a checkout of another user: its code runs already.
  const named = [`--git-dir=${join(root, '.git')}`, `--work-tree=${root}`];
  const { error, status, stdout, stderr } = spawnSync(
    'git',
    [...named, '--no-optional-locks', '-c', 'core.fsmonitor=false', ...command],
    { cwd: root, env: withoutOtherRepository(process.env), encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (error) return undefined;
  return { text: stdout.trim(), complete: status === 0 && stderr === '' };
}

/** Inside a hook of another repository the environment names that one. */
function withoutOtherRepository(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = /^GIT_(EXEC_PATH|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM))$/;
  const entries = Object.entries(environment).filter(([name]) => !name.startsWith('GIT_') || kept.test(name));
  return Object.fromEntries(entries);
}

function commitIn(text: string | undefined): string | null {
  return text !== undefined && commitPattern.test(text) ? text : null;
}

/** The commit as it is written in git's own files, for a machine without git; null where it is not to be found there. */
function writtenCommit(root: string): string | null {
  const folder = gitFolder(root);
  const head = textOf(join(folder, 'HEAD'));
  const reference = /^ref: (refs\/.+)$/.exec(head)?.[1];
  if (reference === undefined) return commitIn(head);
  // A linked working tree keeps its HEAD in a folder of its own, branches in that of the repository.
  const shared = resolve(folder, textOf(join(folder, 'commondir')) || '.');
  const loose = textOf(join(folder, reference)) || textOf(join(shared, reference));
  const packed = textOf(join(shared, 'packed-refs')).split('\n');
  return commitIn(loose) ?? commitIn(packed.find((line) => line.endsWith(` ${reference}`))?.split(' ')[0]);
}

/** `.git`, or the folder that a file of that name points to (submodules, linked working trees). */
function gitFolder(root: string): string {
  const path = join(root, '.git');
  const target = /^gitdir: (.+)$/.exec(textOf(path))?.[1];
  return target === undefined ? path : resolve(root, target);
}

/** The text of a file without its last line end; empty for what is no readable file. */
function textOf(path: string): string {
  try {
    return isFile(path) ? readText(path).trim() : '';
  } catch {
    return '';
  }
}
