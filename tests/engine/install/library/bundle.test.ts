/** @file The engine's downloads as a bundle: made where a package index is, installed where there is no network at all. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../../../harness/core/hash.ts';
import type { WrittenSet } from '../processes/library.ts';
import { WheelIndex, testWheel } from './wheel-index.ts';

const first = testWheel('firstlib', { 'firstlib/data.bin': 'first' });
const second = testWheel('secondlib', { 'secondlib/data.bin': 'second' });
const set: WrittenSet = {
  title: 'test library',
  name: 'test-1.0',
  requirements: [first, second].map(({ requirement }) => requirement),
  downloadBytes: first.bytes.length + second.bytes.length,
  unpackedBytes: 0,
  wanted: String.raw`[a-z]+lib/data\.bin`,
  programs: '(?!)',
  links: {},
};

let lab: string;
let bundle: string;
let index: WheelIndex;

beforeAll(async () => {
  lab = mkdtempSync(join(tmpdir(), 'engine-bundle-'));
  index = new WheelIndex([first, second]);
  const url = await index.open();
  bundle = join(lab, 'engine.tar');
  const made = await run('make', set, bundle, 'connected', { PIP_INDEX_URL: url });
  expect(made.stderr).toContain('test library');
  expect(made.exitCode).toBe(0);
});
afterAll(() => {
  index.close();
  rmSync(lab, { recursive: true });
});

/** The namespace has no interface that is up: nothing can be reached, not even this machine. */
const withoutNetwork = ['unshare', '--user', '--map-root-user', '--net'];
const canBeCutOff = spawnSync(withoutNetwork[0]!, [...withoutNetwork.slice(1), 'true']).status === 0;

function run(what: 'make' | 'install', of: WrittenSet, path: string, cache: string, more: NodeJS.ProcessEnv = {}) {
  const command = [process.execPath, '--import', 'tsx', 'tests/engine/install/processes/bundle.ts', what];
  const isolated = what === 'install' && canBeCutOff ? withoutNetwork : [];
  const [program, ...args] = [...isolated, ...command, JSON.stringify(of), path];
  const environment = {
    // No Python is needed where the bundle is installed.
    PATH: what === 'make' ? process.env.PATH : '/usr/bin-without-python',
    HOME: join(lab, cache),
    CONSISTENCY_CACHE: join(lab, cache),
    PIP_CONFIG_FILE: '/dev/null',
    PIP_RETRIES: '0',
    ...more,
  };
  const place = program === 'unshare' ? '/usr/bin/unshare' : program;
  return execa(place, args, { env: environment, extendEnv: false, reject: false });
}

test('a bundle is installed where there is no network', async ({ skip }) => {
  skip(!canBeCutOff, 'this system allows no network namespace (unshare --user --net)');
  const { stdout, stderr, exitCode } = await run('install', set, bundle, 'cut-off');
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(readFileSync(join(stdout, 'firstlib/data.bin'), 'utf8')).toBe('first');
  expect(readFileSync(join(stdout, 'secondlib/data.bin'), 'utf8')).toBe('second');
  // They are unpacked from where they lie.
  expect(existsSync(join(lab, 'cut-off', 'engine', 'wheels'))).toBe(false);
});

test('so is one that was packed again, with compression', async () => {
  const packed = join(lab, 'engine.tar.gz');
  writeFileSync(packed, gzipSync(readFileSync(bundle)));
  const { stdout, exitCode } = await run('install', set, packed, 'compressed');
  expect(exitCode).toBe(0);
  expect(readFileSync(join(stdout, 'secondlib/data.bin'), 'utf8')).toBe('second');
  expect(readdirSync(join(lab, 'compressed', 'engine', 'wheels'))).toEqual([]);
});

test('making a bundle installs nothing and keeps nothing', () => {
  expect(readdirSync(join(lab, 'connected', 'engine')).filter((name) => name !== 'install.lock')).toEqual(['wheels']);
  expect(readdirSync(join(lab, 'connected', 'engine', 'wheels'))).toEqual([]);
});

describe('a bundle is refused in one line, and nothing of it is installed,', () => {
  const refused = async (of: WrittenSet, path: string): Promise<string> => {
    const { stderr, exitCode } = await run('install', of, path, 'refusing');
    expect(exitCode).toBe(65);
    expect(readdirSync(join(lab, 'refusing', 'engine')).some((name) => name.startsWith('test-'))).toBe(false);
    return stderr.split('\n').at(-1)!;
  };

  test('when this checkout pins another version', async () => {
    const newer = { ...set, requirements: [{ ...first.requirement, version: '2.0' }, second.requirement] };
    expect(await refused(newer, bundle)).toBe(
      `${bundle}: got firstlib 1.0, expected firstlib 2.0, which this checkout pins. Make the bundle with this checkout: npm run engine -- bundle, with --gpu for a GPU.`,
    );
  });

  test('when it lacks a wheel', async () => {
    const more = { ...set, requirements: [{ ...first.requirement, name: 'thirdlib' }] };
    expect(await refused(more, bundle)).toContain('got no thirdlib, expected thirdlib 1.0, which this checkout pins');
  });

  test('when a wheel is not the pinned one, although the bundle agrees with itself', async () => {
    const forged = { ...set, requirements: [{ ...first.requirement, sha256: '0'.repeat(64) }] };
    expect(await refused(forged, bundle)).toBe(
      `${bundle}: got firstlib 1.0 with sha256 ${first.requirement.sha256}, expected sha256 ${'0'.repeat(64)}, which is pinned. Do not use this bundle: make one anew with \`npm run engine -- bundle\`.`,
    );
  });

  test('when it was changed on the way', async () => {
    const changed = join(lab, 'changed.tar');
    const bytes = readFileSync(bundle);
    const at = bytes.indexOf(first.bytes);
    bytes[at + 40]! ^= 1;
    writeFileSync(changed, bytes);
    const got = sha256(bytes.subarray(at, at + first.bytes.length));
    expect(await refused(set, changed)).toBe(
      `${changed}: got wheels/${first.file} with sha256 ${got}, expected sha256 ${first.requirement.sha256}. Copy the bundle again, or make it anew.`,
    );
  });

  test('when it was cut', async () => {
    const cut = join(lab, 'cut.tar');
    writeFileSync(cut, readFileSync(bundle).subarray(0, 2_000));
    expect(await refused(set, cut)).toMatch(/^\S+cut\.tar: got an archive that ends inside "wheels\/firstlib/);
  });

  test('when there is none', async () => {
    expect(await refused(set, join(lab, 'none.tar'))).toContain('none.tar: got no file');
    expect(existsSync(join(lab, 'none.tar'))).toBe(false);
  });
});
