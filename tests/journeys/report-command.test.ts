/** @file `npm run report` as a process: what it writes, refuses and exits with. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeFixtureRun } from '../report/fixture/run.ts';

const root = resolve(import.meta.dirname, '../..');

let folder: string;

beforeAll(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'command-')), 'shapes-twin');
  writeFixtureRun(folder, { gridImages: 8, spoiled: { 'shapes-ct-seed1': 'diverged' } });
});

// A process starts in two seconds on an idle machine, in twenty on a busy one.
describe('npm run report', () => {
  it('finds a report stale, writes it, and finds it up to date', async () => {
    const stale = await report(folder, '--check');
    expect(stale.exitCode).toBe(1);
    expect(stale.stdout).toContain('report.html\n');
    expect(stale.stdout).toContain('Write them again with npm run report.');
    const written = JSON.parse((await report(folder, '--json')).stdout) as { readonly changed: readonly string[] };
    expect(written.changed.map((path) => resolve(root, path))).toEqual([
      join(folder, 'report.html'),
      join(folder, 'results.csv'),
    ]);
    const current = await report(folder, '--check');
    expect(current.exitCode).toBe(0);
    expect(current.stdout).toBe('Nothing to write: all 2 produced files are what the results give.');
  });

  it('refuses a run with a missing cell when it is strict', async () => {
    const { exitCode, stderr } = await report(folder, '--strict');
    expect(exitCode).toBe(65);
    expect(stderr).toContain(
      'got 5 of 6 planned cells finished, expected all of them, also shapes-ct-seed1 (diverged: loss at step 1600: got NaN, expected a finite number. Replay it from shapes-ct-seed1.). Run the missing cells, or leave out --strict: the report then says what is missing.',
    );
  });

  it('says in one line what is wrong with its arguments', async () => {
    const { exitCode, stderr } = await report('--publish', 'Bad Name');
    expect(exitCode).toBe(65);
    expect(stderr).toBe(
      '--publish: got "Bad Name", expected a name of lowercase letters, digits and hyphens, one folder, and no --check. Write npm run report -- runs/<run> --publish <name>.',
    );
  });

  it('finds the committed reports to be what their results give', async () => {
    const { exitCode, stdout } = await report('--check');
    expect(stdout).toMatch(/^Nothing to write/);
    expect(exitCode).toBe(0);
  });
});

async function report(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await execa('node_modules/.bin/tsx', ['scripts/report.ts', ...args], {
    cwd: root,
    reject: false,
  });
  return { exitCode, stdout, stderr };
}
