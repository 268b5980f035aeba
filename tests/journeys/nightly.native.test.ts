/** @file `npm run nightly` in a checkout of its own: a green night, a change found and accepted, kills, calibration, mistakes in one line. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { holdHistory, readHistory } from '../../harness/nightly/history.ts';
import type { Night } from '../../harness/nightly/night.ts';
import { nightlyPlanSchema } from '../../harness/nightly/row.ts';
import { nightlyPlan } from '../../recipes/nightly.ts';
import { paired, pairs } from '../nightly/nights.ts';

const root = resolve(import.meta.dirname, '../..');
const place = mkdtempSync(join(tmpdir(), 'nightly-journey-'));
const clone = join(place, 'clone');
const history = join(place, 'history');

const git = (...args: string[]) => {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];
  return execFileSync('git', [...who, ...args], { cwd: clone, encoding: 'utf8' }).trim();
};

/** The files of this checkout as they are, in a repository with one commit. */
function makeClone(): void {
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  for (const path of listed.split('\0').filter((name) => name !== '' && existsSync(join(root, name))))
    cpSync(join(root, path), join(clone, path));
  mkdirSync(join(clone, 'node_modules'));
  // Not the cache beside them: the clone bundles its own sources.
  for (const name of readdirSync(join(root, 'node_modules')).filter((one) => one !== '.cache'))
    symlinkSync(join(root, 'node_modules', name), join(clone, 'node_modules', name));
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '-m', 'as it is');
}

function nightly(...args: string[]) {
  const start = join(clone, 'harness', 'cli', 'start.mjs');
  return execa(process.execPath, [start, 'bench/nightly', ...args, '--device', 'cpu'], { cwd: clone, reject: false });
}

describe('npm run nightly', () => {
  makeClone();
  const first = git('rev-parse', 'HEAD');

  it.each<[string, string[], string]>([
    [
      'an earlier build that does not exist',
      ['--against', 'mian'],
      '--against: got "mian", expected a commit, branch or tag of this checkout, or none. Did you mean "main"',
    ],
    ['a row that is none', ['--only', 'twin-setp'], 'Did you mean "twin-step"'],
    ['a budget too small for one round', ['--budget', '1'], '--budget: got 1, expected at least'],
  ])('refuses %s in one line', async (_, args, line) => {
    const { exitCode, stderr } = await nightly(...args, '--history', history);
    expect(exitCode).toBe(65);
    expect(stderr.split('\n')).toHaveLength(1);
    expect(stderr).toContain(line);
  });

  it('measures a build beside itself, writes every output, and keeps the night', async () => {
    const out = join(place, 'first');
    const options = ['--only', 'files', '--against', 'HEAD', '--budget', '5', '--out', out, '--history', history];
    const running = nightly(...options);
    let worktrees = '';
    running.stderr.on('data', (text: Buffer) => {
      if (text.toString().includes('measuring')) worktrees ||= git('worktree', 'list', '--porcelain');
    });
    const { exitCode, stdout } = await running;
    const measured = [...worktrees.matchAll(/^worktree (.*nightly-build-.*)$/gm)].map((match) => match[1]!.length);
    expect(measured, 'both builds in work trees with paths of one length').toEqual([measured[0], measured[0]]);
    expect(stdout).toMatch(/^Green \(.*2 equal/);
    expect(exitCode).toBe(0);
    const written = ['bencher.json', 'junit.xml', 'night.html', 'night.json', 'plan.json', 'summary.md'];
    expect(readdirSync(out).sort()).toEqual(written);
    expect(readdirSync(history).filter((name) => name.endsWith('.jsonl'))).toHaveLength(1);
    expect(git('worktree', 'list').split('\n')).toHaveLength(1);
  });

  it('finds a change since the last good night, names its commit, and is green once it is accepted', async () => {
    appendFileSync(join(clone, 'RESULTS.md'), '\nAnother line.\n');
    git('commit', '--quiet', '-am', 'change the report');
    const second = git('rev-parse', 'HEAD');
    const options = ['--only', 'report-bytes', '--budget', '5', '--history', history];
    const out = join(place, 'second');
    const red = await nightly(...options, '--out', out);
    expect(red.exitCode).toBe(1);
    expect(red.stdout).toContain('report-bytes: changed');
    const { night } = JSON.parse(readFileSync(join(out, 'night.json'), 'utf8')) as { night: unknown };
    expect(night).toMatchObject({
      against: { ref: first, build: { commit: first } },
      walks: [{ row: 'report-bytes', commit: second, between: [second] }],
    });
    const accepted = await nightly('accept', 'report-bytes', '--why', 'a line was added', '--history', history);
    expect(accepted.stdout).toBe('report-bytes is accepted: a line was added');
    const green = await nightly(...options, '--out', join(place, 'third'));
    expect(green.stdout).toMatch(/^Green/);
    expect(green.exitCode).toBe(0);
    const shown = await nightly('show', '--history', history);
    expect(shown.stdout).toMatch(/^Green/);
  });

  it.each<[NodeJS.Signals, number | undefined]>([
    ['SIGTERM', 130],
    ['SIGKILL', undefined],
  ])('is stopped by %s without a trace in the history, and the next night runs', async (signal, code) => {
    const [kept] = readdirSync(history).filter((name) => name.endsWith('.jsonl'));
    const before = readFileSync(join(history, kept!), 'utf8');
    const options = ['--only', 'files', '--against', 'HEAD', '--budget', '5', '--history', history];
    const stopped = nightly(...options, '--out', join(place, signal));
    stopped.stderr.on('data', (text: Buffer) => {
      if (text.toString().includes('measuring')) stopped.kill(signal);
    });
    const { exitCode, stderr } = await stopped;
    expect(exitCode).toBe(code);
    if (code !== undefined) {
      expect(stderr).toContain('stopped: nothing was added to the history');
      expect(git('worktree', 'list').split('\n')).toHaveLength(1);
    }
    expect(readFileSync(join(history, kept!), 'utf8')).toBe(before);
    const next = await nightly(...options, '--out', join(place, `after-${signal}`));
    expect(next.stdout).toMatch(/^Green/);
  });

  it('calibrates from nights of a build beside itself, once there are such', async () => {
    const none = await nightly('calibrate', '--history', history);
    expect(none.exitCode).toBe(65);
    expect(none.stderr).toMatch(/^calibrate: got \d nights, none with enough pairs of a build beside itself/);
    const out = join(place, 'first', 'night.json');
    const { night } = JSON.parse(readFileSync(out, 'utf8')) as { night: Night };
    const plan = nightlyPlanSchema.parse(nightlyPlan);
    const step = plan.rows.find(({ id }) => id === 'twin-step')!;
    const recorded: Night = {
      ...night,
      foreignProcessorShare: 0,
      plan: { ...plan, rows: [step] },
      deliveries: { 'twin-step': paired(pairs(1, { count: 12 }), pairs(1, { count: 9 })) },
    };
    const held = holdHistory(history, night.machine.fingerprint, { clock: systemClock, say: () => undefined });
    held.append({ kind: 'night', at: night.ended, red: false, headline: 'as recorded', night: recorded });
    held.release();
    const { stdout, exitCode } = await nightly('calibrate', '--history', history);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^False alarms: \d+ of 10000 simulated nights \(a first stage on \d+, confirmed on \d+\)\.$/m,
    );
    expect(stdout).toMatch(
      /^twin-step: [\d.]+ % is found on 95 nights in 100 \(on \d+ of 2000 other simulated nights\)$/m,
    );
    expect(stdout).toMatch(/^small-step: no night has measured it beside itself$/m);
    const wrong = await nightly('show', '--history', history, '--machine', '0123456789abcdef');
    expect(wrong.stderr).toMatch(/^--machine: got "0123456789abcdef", expected a machine of /);
    const named = ['--history', history, '--machine', night.machine.fingerprint.slice(0, 16)];
    expect((await nightly('show', ...named)).stdout).toContain('twin-step');
    const { calibration } = readHistory(history, night.machine.fingerprint);
    expect(calibration?.calibration.rows).toMatchObject([{ id: 'twin-step', sittings: 2, pairs: 21 }]);
  });
});
