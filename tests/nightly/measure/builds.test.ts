/** @file Earlier builds: names of commits, the commits between, and a work tree that is gone afterwards. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commitNamed, commitsBetween, requireCommit, withBuild } from '../../../harness/nightly/measure/builds.ts';

const options = { signal: new AbortController().signal, say: () => undefined };

function repository() {
  const root = mkdtempSync(join(tmpdir(), 'nightly-repository-'));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
      cwd: root,
      encoding: 'utf8',
    });
  git('init', '--quiet', '--initial-branch=main');
  const commits = ['one', 'two', 'three'].map((text) => {
    writeFileSync(join(root, 'package-lock.json'), '{}');
    writeFileSync(join(root, 'text'), text);
    git('add', '.');
    git('commit', '--quiet', '-m', text);
    return git('rev-parse', 'HEAD').trim();
  });
  return { root, git, commits: commits as [string, string, string] };
}

describe('commits', () => {
  it('are found by branch, by relation and by their own hash', () => {
    const { root, commits } = repository();
    expect(commitNamed(root, 'main')).toBe(commits[2]);
    expect(commitNamed(root, 'HEAD~2')).toBe(commits[0]);
    expect(commitNamed(root, commits[1].slice(0, 10))).toBe(commits[1]);
  });

  it('that do not exist are refused with the nearest names', () => {
    const { root } = repository();
    expect(() => commitNamed(root, 'mian')).toThrow(
      '--against: got "mian", expected a commit, branch or tag of this checkout, or none. Did you mean "main"; a shallow checkout lacks earlier commits: fetch them.',
    );
    expect(() => commitNamed(root, '--help')).toThrow('--against: got "--help"');
  });

  it('between two builds are listed from the oldest', () => {
    const { root, commits } = repository();
    expect(commitsBetween(root, commits[0], commits[2])).toEqual([commits[1], commits[2]]);
    expect(commitsBetween(root, commits[2], commits[0])).toEqual([]);
  });

  it('are needed: a folder without one has no night', () => {
    expect(() => requireCommit(null, '/tmp/x')).toThrow(
      /^\/tmp\/x: got a folder without a commit, expected a git checkout/,
    );
  });
});

describe('withBuild', () => {
  it('holds the files of the commit and the packages of the checkout, and leaves nothing', async () => {
    const { root, git, commits } = repository();
    mkdirSync(join(root, 'node_modules', 'some'), { recursive: true });
    const folder = await withBuild(root, commits[0], options, (build) => {
      if ('why' in build) throw new Error(build.why);
      expect(build.commit).toBe(commits[0]);
      expect(readFileSync(join(build.root, 'text'), 'utf8')).toBe('one');
      expect(existsSync(join(build.root, 'node_modules', 'some'))).toBe(true);
      return Promise.resolve(build.root);
    });
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(join(root, 'node_modules', 'some'))).toBe(true);
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1);
  });

  it('removes what a killed night left, and not what another one works with', async () => {
    const { root, git, commits } = repository();
    const { pid: ended } = spawnSync('true');
    const left = (pid: number): string => {
      const parent = mkdtempSync(join(tmpdir(), `nightly-build-${hostname()}-${pid}-`));
      git('worktree', 'add', '--quiet', '--detach', join(parent, 'build'), commits[0]);
      return parent;
    };
    const [killed, living] = [left(ended), left(process.pid)];
    await withBuild(root, commits[1], options, () => Promise.resolve());
    expect([existsSync(killed), existsSync(living)]).toEqual([false, true]);
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(2);
  });

  it('leaves nothing when the work fails', async () => {
    const { root, git, commits } = repository();
    mkdirSync(join(root, 'node_modules'));
    const failing = withBuild(root, commits[0], options, () => Promise.reject(new Error('stopped')));
    await expect(failing).rejects.toThrow('stopped');
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1);
  });

  it('installs the packages of a commit that has other ones, and says so', async () => {
    const { root, git } = repository();
    mkdirSync(join(root, 'node_modules', 'some'), { recursive: true });
    const project = { name: 'x', version: '1.0.0' };
    writeFileSync(join(root, 'package.json'), JSON.stringify({ ...project, scripts: { install: 'echo > installed' } }));
    const lock = { ...project, lockfileVersion: 3, requires: true, packages: { '': project } };
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock));
    git('add', 'package.json', 'package-lock.json');
    git('commit', '--quiet', '-m', 'with packages of its own');
    const head = git('rev-parse', 'HEAD').trim();
    writeFileSync(join(root, 'package-lock.json'), '{}');
    const said: string[] = [];
    await withBuild(root, head, { ...options, say: (text) => said.push(text) }, (build) => {
      if ('why' in build) throw new Error(build.why);
      expect(existsSync(join(build.root, 'installed'))).toBe(true);
      expect(existsSync(join(build.root, 'node_modules', 'some'))).toBe(false);
      return Promise.resolve();
    });
    expect(said).toEqual([`installing the packages of ${head.slice(0, 12)}`]);
  });

  it('says why the packages of a commit could not be installed', async () => {
    const { root, commits } = repository();
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'package-lock.json'), '{"other": 1}');
    const build = await withBuild(root, commits[0], options, (made) => Promise.resolve(made));
    const why = `the packages of ${commits[0].slice(0, 12)} could not be installed: `;
    expect(build).toEqual({ why: expect.stringContaining(why) as string });
  });

  it('says why a commit has no packages', async () => {
    const { root, git } = repository();
    git('rm', '--quiet', 'package-lock.json');
    git('commit', '--quiet', '-m', 'without');
    const head = git('rev-parse', 'HEAD').trim();
    const build = await withBuild(root, head, options, (made) => Promise.resolve(made));
    expect(build).toEqual({ why: `${head.slice(0, 12)} has no package-lock.json` });
  });
});
