/** @file What is said of a checkout that git knows, refuses, or does not know: never that nothing was changed unless that is so. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkoutState } from '../../../harness/results/origin/checkout.ts';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkout-'));
  root = join(folder, 'project');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function git(at: string, ...command: string[]): string {
  const person = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'protocol.file.allow=always'];
  return execFileSync('git', ['-C', at, ...person, ...command], { encoding: 'utf8', stdio: 'pipe' }).trim();
}

/** A repository with one commit. @returns the commit */
function repository(at = root, ...options: string[]): string {
  mkdirSync(at, { recursive: true });
  git(at, 'init', ...options);
  writeFileSync(join(at, 'package.json'), '{"version":"1.0.0"}');
  git(at, 'add', '.');
  git(at, 'commit', '-m', 'First');
  return git(at, 'rev-parse', 'HEAD');
}

/** Puts a program in the place of git. */
function replaceGit(script: string): void {
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'git'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(programs, 'git'), 0o755);
  vi.stubEnv('PATH', `${programs}:/usr/bin:/bin`);
}

describe('a checkout that git knows', () => {
  it('is clean or not', () => {
    const commit = repository();
    expect(checkoutState(root)).toEqual({ commit, dirty: false });
    writeFileSync(join(root, 'new.ts'), '');
    expect(checkoutState(root)).toEqual({ commit, dirty: true });
  });

  it('is changed by a new file although the person has git overlook new files', () => {
    const commit = repository();
    git(root, 'config', 'status.showUntrackedFiles', 'no');
    writeFileSync(join(root, 'new.ts'), '');
    expect(checkoutState(root)).toEqual({ commit, dirty: true });
  });

  it('may belong to another user', () => {
    const commit = repository();
    // Refuses as git does, unless the repository is named.
    replaceGit('case "$*" in *--git-dir=*--work-tree=*) exec /usr/bin/git "$@";; esac; exit 128');
    expect(checkoutState(root)).toEqual({ commit, dirty: false });
    if (process.getuid?.() !== 0) return;
    vi.unstubAllEnvs();
    execFileSync('chown', ['-R', '65534', root]);
    expect(checkoutState(root)).toEqual({ commit, dirty: false });
  });

  it('may be marked as bare, shallow, detached, or of sha256', () => {
    const commit = repository();
    git(root, 'config', 'core.bare', 'true');
    expect(checkoutState(root)).toEqual({ commit, dirty: false });
    git(root, 'config', 'core.bare', 'false');
    git(folder, 'clone', '--depth', '1', `file://${root}`, 'shallow');
    expect(checkoutState(join(folder, 'shallow'))).toEqual({ commit, dirty: false });
    git(root, 'checkout', '--detach');
    expect(checkoutState(root)).toEqual({ commit, dirty: false });
    const long = repository(join(folder, 'long'), '--object-format=sha256');
    expect(long).toHaveLength(64);
    expect(checkoutState(join(folder, 'long'))).toEqual({ commit: long, dirty: false });
  });

  it('may be a linked working tree or a submodule', () => {
    const commit = repository();
    git(root, 'worktree', 'add', '-b', 'other', join(folder, 'linked'));
    expect(checkoutState(join(folder, 'linked'))).toEqual({ commit, dirty: false });
    repository(join(folder, 'outer'));
    git(join(folder, 'outer'), 'submodule', 'add', root, 'inner');
    expect(checkoutState(join(folder, 'outer', 'inner'))).toEqual({ commit, dirty: false });
  });

  it('is that of the code, whatever repository the environment or the working folder names', () => {
    const commit = repository();
    repository(join(folder, 'other'));
    vi.stubEnv('GIT_DIR', join(folder, 'other', '.git'));
    vi.stubEnv('GIT_WORK_TREE', join(folder, 'other'));
    vi.stubEnv('GIT_INDEX_FILE', join(folder, 'other', '.git', 'index'));
    expect(checkoutState(root)).toEqual({ commit, dirty: false });
  });
});

describe('an unknown state', () => {
  const noCheckout = { commit: null, dirty: null, unknown: 'the code is no git checkout' };
  const noCommit = { commit: null, dirty: null, unknown: 'git finds no commit in the checkout' };

  it('is that of a source archive, inside another repository too', () => {
    mkdirSync(root);
    expect(checkoutState(root)).toEqual(noCheckout);
    repository(folder);
    expect(checkoutState(root)).toEqual(noCheckout);
    mkdirSync(join(root, '.git'));
    expect(checkoutState(root)).toEqual(noCommit);
  });

  it('is that of a repository without a commit, or whose HEAD is broken', () => {
    mkdirSync(root);
    git(root, 'init');
    expect(checkoutState(root)).toEqual(noCommit);
    rmSync(join(root, '.git'), { recursive: true });
    repository();
    writeFileSync(join(root, '.git', 'HEAD'), 'ref: refs/heads/absent\n');
    expect(checkoutState(root)).toEqual(noCommit);
    writeFileSync(join(root, '.git', 'HEAD'), '\0\0\0');
    expect(checkoutState(root)).toEqual(noCommit);
  });

  it('has the commit, but not whether files differ, where git is missing', () => {
    const commit = repository();
    git(root, 'worktree', 'add', '-b', 'other', join(folder, 'linked'));
    vi.stubEnv('PATH', folder);
    const state = { commit, dirty: null, unknown: 'git cannot be run' };
    expect(checkoutState(root)).toEqual(state);
    expect(checkoutState(join(folder, 'linked'))).toEqual(state);
    vi.unstubAllEnvs();
    git(root, 'pack-refs', '--all');
    git(root, 'checkout', 'other', '--ignore-other-worktrees');
    vi.stubEnv('PATH', folder);
    expect(checkoutState(root)).toEqual(state);
  });

  it('has the commit, but not whether files differ, where git refuses, complains or fails', () => {
    const commit = repository();
    const state = { commit, dirty: null, unknown: 'git could not compare every file with the commit' };
    writeFileSync(join(root, '.git', 'index'), 'damaged');
    expect(checkoutState(root)).toEqual(state);
    rmSync(join(root, '.git', 'index'));
    git(root, 'reset', '--hard');
    replaceGit('echo "fatal: detected dubious ownership" >&2; exit 128');
    expect(checkoutState(root)).toEqual(state);
    writeFileSync(
      join(folder, 'programs', 'git'),
      '#!/bin/sh\ncase "$*" in *status*) echo "warning: could not open directory" >&2;; *) exec /usr/bin/git "$@";; esac\n',
    );
    expect(checkoutState(root)).toEqual(state);
  });

  it('does not call files clean that git was told to overlook', () => {
    const commit = repository();
    git(root, 'update-index', '--assume-unchanged', 'package.json');
    writeFileSync(join(root, 'package.json'), '{"version":"2.0.0"}');
    const unknown = 'git was told to overlook changes of some files';
    expect(checkoutState(root)).toEqual({ commit, dirty: null, unknown });
  });
});
