/** @file Throughput, thinned losses, streams, machine and provenance: small facts of a result. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { thinLoss, type LossStep } from '../../harness/results/loss-curve.ts';
import { collectMachine, machineSchema } from '../../harness/results/origin/machine.ts';
import { collectProvenance, withoutPersonalPaths } from '../../harness/results/origin/provenance.ts';
import { streamTable } from '../../harness/results/origin/random-streams.ts';
import { throughputOf, throughputSchema } from '../../harness/results/throughput.ts';

describe('throughputOf', () => {
  const raw = {
    what: 'train',
    nfe: null,
    batchImages: 64,
    iterationMilliseconds: [100, 300],
    warmup: { iterations: 3, milliseconds: 900 },
  } as const;

  it('divides all images by all seconds, unlike the mean of rates', () => {
    // 128 images in 0.4 s; the mean of 640/s and 213.3/s would be 426.7/s.
    expect(throughputOf(raw).imagesPerSecond).toBe(320);
  });

  it('keeps the durations in order', () => {
    const iterationMilliseconds = [300, 100, 200];
    expect(throughputOf({ ...raw, iterationMilliseconds }).iterationMilliseconds).toEqual([300, 100, 200]);
  });

  it('refuses no duration and one that is not positive', () => {
    expect(() => throughputOf({ ...raw, iterationMilliseconds: [] })).toThrow(
      'throughput of train: got no duration, expected positive durations in milliseconds, one per timed iteration. Time at least one iteration with a monotonic clock.',
    );
    expect(() => throughputOf({ ...raw, iterationMilliseconds: [1, 0] })).toThrow('throughput of train: got 0');
  });

  it('is refused from a file when rate and durations disagree', () => {
    const parsed = throughputSchema.safeParse({ ...throughputOf(raw), imagesPerSecond: 426.7 });
    expect(parsed.error?.issues[0]?.message).toBe('must be 320, all images over all seconds');
  });
});

describe('thinLoss', () => {
  const steps = Array.from({ length: 1000 }, (_, i): LossStep => ({
    step: i + 1,
    images: (i + 1) * 64,
    loss: i < 500 ? 1 : 3,
    levels: i < 500 ? 11 : 21,
  }));

  it('leaves a short curve as it is', () => {
    expect(thinLoss(steps.slice(0, 10), 100)).toEqual(steps.slice(0, 10));
  });

  it('takes means that do not cross a change of the number of levels', () => {
    const thin = thinLoss(steps, 37);
    expect(thin.length).toBeLessThanOrEqual(37);
    expect(new Set(thin.map(({ loss }) => loss))).toEqual(new Set([1, 3]));
    expect(thin[thin.length - 1]).toMatchObject({ step: 1000, levels: 21 });
  });

  it('keeps to the limit when the levels change all the time', () => {
    const restless = steps.map((step, i) => ({ ...step, levels: i + 2 }));
    expect(thinLoss(restless, 50).length).toBeLessThanOrEqual(50);
  });
});

it('streamTable gives the Philox key of each stream as 16 hex digits', () => {
  const table = streamTable(0, ['init', 'noise']);
  expect(table.map(({ stream }) => stream)).toEqual(['init', 'noise']);
  // sha256("0/init") and sha256("0/noise"), first eight bytes read as one little-endian number (Python 3.11 hashlib).
  expect(table.map(({ key }) => key)).toEqual(['5c71b990e2a3292a', '1f58d0b276f1538e']);
});

describe('collectMachine', () => {
  const machine = collectMachine({
    gpu: null,
    tensorflow: '2.21.0',
    tfjs: '4.22.0',
    threads: { intraOp: 2, interOp: null },
  });

  it('gives a valid description with a fingerprint of its own', () => {
    expect(machineSchema.parse(machine)).toEqual(machine);
    expect(machine.node).toBe(process.versions.node);
    const other = collectMachine({ gpu: null, tensorflow: '2.21.1', tfjs: '4.22.0', threads: machine.threads });
    expect(other.fingerprint).not.toBe(machine.fingerprint);
  });

  it('names no host, no user and no home', () => {
    const values = Object.values(machine).filter((value) => typeof value === 'string');
    for (const secret of [hostname(), homedir(), `/${userInfo().username}/`]) {
      expect(values.some((value) => value.includes(secret))).toBe(false);
    }
  });
});

describe('collectProvenance', () => {
  const commands = [{ purpose: 'this cell', line: 'npm run reproduce shapes' }];

  it('tells the commit and whether code, not reports, was changed', () => {
    const root = checkout();
    const clean = collectProvenance(root, commands);
    expect(clean).toMatchObject({ dirty: false, harnessVersion: '9.9.9', commands });
    expect(clean.commit).toMatch(/^[0-9a-f]{40}$/);
    mkdirSync(join(root, 'reports'));
    writeFileSync(join(root, 'reports', 'new.html'), 'x');
    writeFileSync(join(root, 'RESULTS.md'), 'x');
    expect(collectProvenance(root, commands).dirty).toBe(false);
    writeFileSync(join(root, 'new-code.ts'), 'x');
    expect(collectProvenance(root, commands).dirty).toBe(true);
  });

  it('says null where there is no git', () => {
    const root = mkdtempSync(join(tmpdir(), 'provenance-'));
    writeFileSync(join(root, 'package.json'), '{"version":"1.0.0"}');
    expect(collectProvenance(root, commands)).toMatchObject({
      commit: null,
      dirty: null,
      unknown: 'the code is no git checkout',
    });
  });

  it('writes no personal path', () => {
    const line = `tsx ${process.cwd()}/scripts/x.ts --runs ${homedir()}/runs`;
    expect(withoutPersonalPaths(line)).toBe('tsx ./scripts/x.ts --runs ~/runs');
    expect(withoutPersonalPaths(`in ${process.cwd()}, ${homedir()}`)).toBe('in ., ~');
    // Another folder whose name begins like the checkout's, and perhaps like the home folder's as well.
    const beside = `${process.cwd()}home/x`;
    const insideHome = beside.startsWith(`${homedir()}/`);
    expect(withoutPersonalPaths(beside)).toBe(insideHome ? `~${beside.slice(homedir().length)}` : beside);
  });
});

function checkout(): string {
  const root = mkdtempSync(join(tmpdir(), 'provenance-'));
  const git = (...command: string[]): unknown => execFileSync('git', ['-C', root, ...command], { stdio: 'ignore' });
  writeFileSync(join(root, 'package.json'), '{"version":"9.9.9"}');
  git('init');
  git('add', '.');
  git('-c', 'user.name=Test', '-c', 'user.email=test@example.org', 'commit', '-m', 'First');
  return root;
}
