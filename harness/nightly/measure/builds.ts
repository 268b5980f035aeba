/** @file Provides an earlier build: its commit in a work tree of its own, with the packages of its lock file. */
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { UsageError, described, oneLine } from '../../core/errors.ts';
import { nearestNames } from '../../core/suggest.ts';
import { commitPattern, git } from '../../results/origin/checkout.ts';
import { exists, inTemporaryFolder, makeFolder, makeLink, namesIn, remove } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';
import { isRunning } from '../../system/process/running.ts';
import type { Side } from './side.ts';

/**
 * The commit that a name means in the checkout.
 * @throws UsageError naming the nearest branches and tags when there is none
 */
export function commitNamed(root: string, ref: string): string {
  const commit = git(root, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`)?.text ?? '';
  if (commitPattern.test(commit)) return commit;
  const names = git(root, 'for-each-ref', '--format=%(refname:short)', 'refs/heads', 'refs/tags')?.text ?? '';
  const near = nearestNames(ref, names.split('\n').filter(Boolean));
  const remedy = near.length > 0 ? `Did you mean ${near.map((name) => `"${name}"`).join(' or ')}` : 'Look at git log';
  throw new UsageError({
    where: '--against',
    got: ref,
    expected: 'a commit, branch or tag of this checkout, or none',
    remedy: `${remedy}; a shallow checkout lacks earlier commits: fetch them`,
  });
}

/** Commits from the one after `earlier` up to `tonight` along first parents, oldest first; none where `earlier` is not among them. */
export function commitsBetween(root: string, earlier: string, tonight: string): string[] {
  const listed = git(root, 'rev-list', '--first-parent', '--reverse', tonight)?.text.split('\n') ?? [];
  const at = listed.indexOf(earlier);
  return at < 0 ? [] : listed.slice(at + 1);
}

export interface BuildOptions {
  readonly signal: AbortSignal;
  /** Told what is being done. */
  readonly say: (text: string) => void;
}

/**
 * Calls `work` with the build of a commit, which is removed afterwards; with the reason, where it cannot be made.
 * @param root the checkout that has the commit and, where the lock files are equal, the packages
 */
export async function withBuild<T>(
  root: string,
  commit: string,
  { signal, say }: BuildOptions,
  work: (build: Side | { readonly why: string }) => Promise<T>,
): Promise<T> {
  removeAbandoned(root);
  return inTemporaryFolder(`${ownPrefix()}${process.pid}-`, async (parent) => {
    const folder = join(parent, 'build');
    try {
      return await work(await made(root, commit, folder, { signal, say }));
    } finally {
      git(root, 'worktree', 'remove', '--force', folder);
    }
  });
}

/** A process is known by its number on its machine alone. */
function ownPrefix(): string {
  return `nightly-build-${hostname()}-`;
}

/** Removes the work trees of nights that were killed on this machine. */
function removeAbandoned(root: string): void {
  const listed = git(root, 'worktree', 'list', '--porcelain')?.text ?? '';
  for (const [, folder] of listed.matchAll(/^worktree (.+)$/gm)) {
    const parent = dirname(folder!);
    const name = basename(parent);
    if (!name.startsWith(ownPrefix())) continue;
    const [pid = ''] = name.slice(ownPrefix().length).split('-');
    if (!isRunning(Number(pid))) remove(parent);
  }
  git(root, 'worktree', 'prune');
}

async function made(
  root: string,
  commit: string,
  folder: string,
  { signal, say }: BuildOptions,
): Promise<Side | { why: string }> {
  const short = commit.slice(0, 12);
  const added = await run(['git', 'worktree', 'add', '--detach', folder, commit], root, signal);
  if (added !== null) return { why: `${short} could not be checked out: ${added}` };
  const lock = 'package-lock.json';
  const [own, theirs] = [join(root, lock), join(folder, lock)];
  if (!exists(theirs)) return { why: `${short} has no ${lock}` };
  if (exists(own) && exists(join(root, 'node_modules')) && readText(own) === readText(theirs)) {
    linkPackages(join(root, 'node_modules'), join(folder, 'node_modules'));
    return { root: folder, commit };
  }
  say(`installing the packages of ${short}`);
  const installed = await run(['npm', 'ci'], folder, signal);
  return installed === null
    ? { root: folder, commit }
    : { why: `the packages of ${short} could not be installed: ${installed}` };
}

/** Links every package, and not the cache beside them: each build bundles its own sources there. */
export function linkPackages(from: string, to: string): void {
  makeFolder(to);
  for (const name of namesIn(from)) if (name !== '.cache') makeLink(join(from, name), join(to, name));
}

/** For git and npm in another checkout: without what names this one. */
export function checkoutEnvironment(): NodeJS.ProcessEnv {
  const named = /^(GIT_(?!CONFIG)|npm_|INIT_CWD$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !named.test(name)));
}

/** @returns null when it ended well, else its last line */
async function run(
  [program, ...args]: [string, ...string[]],
  cwd: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { exitCode, stderr, originalMessage } = await execa(program, args, {
    cwd,
    env: checkoutEnvironment(),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (exitCode === 0) return null;
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return oneLine(last === '' ? (originalMessage ?? `exit code ${exitCode}`) : last);
}

/** The state of the checkout that is measured tonight. @throws UsageError where it has no commit */
export function requireCommit(commit: string | null, root: string): string {
  if (commit !== null) return commit;
  throw new UsageError({
    where: root,
    got: described('a folder without a commit'),
    expected: 'a git checkout: a night belongs to a commit',
    remedy: 'Clone the repository, or commit once',
  });
}
