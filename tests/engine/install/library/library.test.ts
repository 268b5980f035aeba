/** @file A set of wheels, from a real index by a real pip in real processes: whole or absent, whatever happens meanwhile. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../../../harness/core/hash.ts';
import { libraryManifestSchema, readManifest } from '../../../../harness/engine/install/manifest.ts';
import type { WrittenSet } from '../processes/library.ts';
import { WheelIndex, stall, status, testWheel, whole, type TestWheel } from './wheel-index.ts';

const content = randomBytes(300_000);
const first = testWheel('firstlib', {
  'firstlib/data.bin': content,
  'firstlib/run': '#!/bin/sh\necho ran\n',
  'firstlib/unwanted.txt': 'x'.repeat(1000),
});
const second = testWheel('secondlib', { 'secondlib/data.bin': 'second' });

let cache: string;
let index: WheelIndex;
let environment: NodeJS.ProcessEnv;

beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'library-'));
  index = new WheelIndex([first, second]);
  environment = {
    PATH: process.env.PATH,
    HOME: cache,
    CONSISTENCY_CACHE: cache,
    PIP_CONFIG_FILE: '/dev/null',
    PIP_INDEX_URL: await index.open(),
    PIP_RETRIES: '0',
    PIP_DEFAULT_TIMEOUT: '60',
    // A setting of a person's own that must not stop the installation.
    PIP_REQUIRE_VIRTUALENV: '1',
  };
});
afterEach(() => {
  index.close();
  rmSync(cache, { recursive: true });
});

const setOf = (wheels: readonly TestWheel[], changes: Partial<WrittenSet> = {}): WrittenSet => ({
  title: 'test library',
  name: 'test-1.0',
  requirements: wheels.map(({ requirement }) => requirement),
  downloadBytes: wheels.reduce((sum, { bytes }) => sum + bytes.length, 0),
  unpackedBytes: 0,
  wanted: String.raw`[a-z]+lib/(data\.bin|run)|.+\.dist-info/licenses/.+`,
  programs: 'firstlib/run',
  links: { 'firstlib/link': 'data.bin' },
  ...changes,
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const commandOf = (set: WrittenSet): string[] => [
  process.execPath,
  '--import',
  'tsx',
  'tests/engine/install/processes/library.ts',
  JSON.stringify(set),
];
const start = (set: WrittenSet, [program, ...args] = commandOf(set)): ChildProcess =>
  spawn(program!, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });

async function ended(child: ChildProcess): Promise<Ended> {
  const [out, err] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  while (child.exitCode === null && child.signalCode === null) await pause(5);
  return { code: child.exitCode, out, err };
}

const install = (set: WrittenSet): Promise<Ended> => ended(start(set));
const engineFolder = (): string => join(cache, 'engine');
/** What lies in the folder of the engine, without the names that differ from run to run. */
const listing = (): string[] =>
  readdirSync(engineFolder())
    .map((name) => name.replace(/-[0-9a-f]{8}$/, ''))
    .sort();
const lastLine = ({ err }: Ended): string => err.split('\n').at(-1)!;

/** Processes whose command line or environment names this test's cache. */
function processesAtWork(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(cache) ? [line] : [];
      } catch {
        return [];
      }
    });
}

async function stalled(name: string): Promise<void> {
  while (!index.asked.has(name)) await pause(20);
  await pause(300);
}

/** The lock is a folder whose one file names its owner. */
function ownerOfLock(): number {
  const lock = join(engineFolder(), 'install.lock');
  const file = readdirSync(lock).find((name) => !name.startsWith('.'))!;
  return (JSON.parse(readFileSync(join(lock, file), 'utf8')) as { pid: number }).pid;
}

const saysThatItWaits = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) =>
    child.stderr!.on('data', (line: Buffer) => line.toString().includes('waiting for process') && resolve()),
  );

describe('a set of wheels', () => {
  test('is fetched and unpacked as far as it is wanted, every file recorded with its hash', async () => {
    const { code, out, err } = await install(setOf([first, second]));
    expect({ code, err: err.includes('downloading test library') }).toEqual({ code: 0, err: true });
    const manifest = readManifest(out, libraryManifestSchema)!;
    expect(manifest.files.map(({ path }) => path).sort()).toEqual([
      'firstlib-1.0.dist-info/licenses/LICENSE',
      'firstlib/data.bin',
      'firstlib/run',
      'secondlib-1.0.dist-info/licenses/LICENSE',
      'secondlib/data.bin',
    ]);
    expect(manifest.files.find(({ path }) => path === 'firstlib/data.bin')).toMatchObject({
      bytes: content.length,
      sha256: sha256(content),
    });
    expect(readFileSync(join(out, 'firstlib/data.bin')).equals(content)).toBe(true);
    expect(existsSync(join(out, 'firstlib/unwanted.txt'))).toBe(false);
    expect(spawnSync(join(out, 'firstlib/run'), { encoding: 'utf8' }).stdout).toBe('ran\n');
    expect(statSync(join(out, 'firstlib/data.bin')).mode & 0o111).toBe(0);
    expect(lstatSync(join(out, 'firstlib/link')).isSymbolicLink()).toBe(true);
    expect(readlinkSync(join(out, 'firstlib/link'))).toBe('data.bin');
    expect(listing()).toEqual(['test-1.0', 'wheels']);
    expect(readdirSync(join(engineFolder(), 'wheels'))).toEqual([]);
  });

  test('that is there is not asked for again', async () => {
    const { out } = await install(setOf([first]));
    index.close();
    expect(await install(setOf([first]))).toEqual({ code: 0, out, err: '' });
  });

  test('of which other files are wanted is another folder beside it', async () => {
    const { out } = await install(setOf([first]));
    const other = await install(setOf([first], { wanted: 'firstlib/run', links: {} }));
    expect(other.out).not.toBe(out);
    expect(readdirSync(out)).toContain('firstlib');
    expect(readdirSync(join(other.out, 'firstlib'))).toEqual(['run']);
  });

  test('can be put in place by hand: neither index nor Python is needed then', async () => {
    mkdirSync(join(engineFolder(), 'wheels'), { recursive: true });
    writeFileSync(join(engineFolder(), 'wheels', first.file), first.bytes);
    environment = { ...environment, PATH: '/nowhere' };
    const { code } = await install(setOf([first]));
    expect({ code, asked: index.asked.size }).toEqual({ code: 0, asked: 0 });
  });
});

test('a set of many files is unpacked whole, and recorded in the order of its wheels whatever is done first', async () => {
  const members = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [
      `firstlib/${String(i).padStart(2, '0')}.bin`,
      randomBytes(1 + ((i * 7919) % 90_000)),
    ]),
  );
  const many = testWheel('firstlib', members);
  mkdirSync(join(engineFolder(), 'wheels'), { recursive: true });
  writeFileSync(join(engineFolder(), 'wheels', many.file), many.bytes);
  const { code, out } = await install(setOf([many], { wanted: String.raw`firstlib/.+`, links: {} }));
  expect(code).toBe(0);
  const { files } = readManifest(out, libraryManifestSchema)!;
  expect(files.map(({ path, sha256: got }) => [path, got])).toEqual(
    Object.entries(members).map(([path, bytes]) => [path, sha256(bytes)]),
  );
  for (const [path, bytes] of Object.entries(members)) expect(readFileSync(join(out, path)).equals(bytes)).toBe(true);
});

test('a wheel that is damaged in the middle leaves nothing unpacked', async () => {
  const members = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`firstlib/${i}.bin`, randomBytes(200_000)]));
  const good = testWheel('firstlib', members);
  const bytes = Buffer.from(good.bytes);
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  const requirement = { ...good.requirement, sha256: sha256(bytes) };
  mkdirSync(join(engineFolder(), 'wheels'), { recursive: true });
  writeFileSync(join(engineFolder(), 'wheels', good.file), bytes);
  const got = await install(setOf([{ ...good, requirement }], { wanted: String.raw`firstlib/.+`, links: {} }));
  expect(got.code).toBe(65);
  expect(lastLine(got)).toContain(good.file);
  expect(listing()).toEqual(['wheels']);
});

test('a wheel with a file that would leave the folder is refused', async () => {
  const evil = testWheel('firstlib', { '../evil.txt': 'out' });
  mkdirSync(join(engineFolder(), 'wheels'), { recursive: true });
  writeFileSync(join(engineFolder(), 'wheels', evil.file), evil.bytes);
  const got = await install(setOf([evil], { wanted: '.+', links: {} }));
  expect(lastLine(got)).toBe(
    `${join(engineFolder(), 'wheels', evil.file)}: got a member "../evil.txt", expected names that stay in the folder. Do not use this file: remove it.`,
  );
  expect(got.code).toBe(65);
  expect(listing()).toEqual(['wheels']);
});

describe('a download that fails', () => {
  test('keeps the files that are finished; the next attempt fetches the rest', async () => {
    index.answers.set('secondlib', status(404));
    expect((await install(setOf([first, second]))).code).toBe(65);
    expect(readdirSync(join(engineFolder(), 'wheels'))).toEqual([first.file]);
    expect(listing()).toEqual(['wheels']);
    index.answers.clear();
    const { code, err } = await install(setOf([first, second]));
    expect(code).toBe(0);
    expect(err).toMatch(/^test library: 294 KiB are there already\n/);
    expect([...index.asked]).toEqual([
      ['firstlib', 1],
      ['secondlib', 2],
    ]);
  });

  test('fetches a kept file again that was damaged meanwhile', async () => {
    index.answers.set('secondlib', status(404));
    await install(setOf([first, second]));
    writeFileSync(join(engineFolder(), 'wheels', first.file), 'damaged');
    index.answers.clear();
    expect((await install(setOf([first, second]))).code).toBe(0);
    expect(index.asked.get('firstlib')).toBe(2);
  });

  test('by another content than the pinned one: both hashes, nothing kept', async () => {
    const forged = testWheel('firstlib', { 'firstlib/data.bin': 'forged' });
    index.answers.set('firstlib', (_, response) => whole(forged, response));
    const got = await install(setOf([first]));
    expect(lastLine(got)).toBe(
      `pip download firstlib==1.0: got a file with sha256 ${forged.requirement.sha256}, expected sha256 ${first.requirement.sha256}. ` +
        'The file was not kept and must not be used: see with `pip config list` from which index it comes, then start again.',
    );
    expect(got.code).toBe(65);
    expect(readdirSync(join(engineFolder(), 'wheels'))).toEqual([]);
  });

  test('by the network: exit code 75, and where a file can be put by hand', async () => {
    index.close();
    const got = await install(setOf([first]));
    // The words in brackets are those of the pip at hand.
    expect(lastLine(got).replace(/index \(.*\), expected/, 'index (...), expected')).toBe(
      'pip download firstlib==1.0: got no connection to the package index (...), expected to download it. ' +
        "Check the network and pip's proxy and index (`pip config list`), then start again: finished files are kept. " +
        `Without a network put the wheel with sha256 ${first.requirement.sha256} into ${join(engineFolder(), 'wheels')} by hand.`,
    );
    expect(got.code).toBe(75);
  });

  test('by an index that does not have the version', async () => {
    const unknown = { ...first.requirement, version: '9.9' };
    const got = await install(setOf([], { requirements: [unknown] }));
    expect(lastLine(got)).toBe(
      'pip download firstlib==9.9: got a package index without this version, expected an index with the pinned file. ' +
        'See with `pip config list` which index pip asks, and use one that carries all of PyPI.',
    );
    expect(got.code).toBe(65);
  });
});

describe('a process that ends in the middle', () => {
  test('by kill -9 leaves no pip at work, and the next goes on', async () => {
    index.answers.set('secondlib', stall);
    const child = start(setOf([first, second]));
    await stalled('secondlib');
    expect(processesAtWork()).not.toEqual([]);
    child.kill('SIGKILL');
    await ended(child);
    for (let tries = 0; processesAtWork().length > 0 && tries < 100; tries++) await pause(20);
    expect(processesAtWork()).toEqual([]);
    expect(readdirSync(join(engineFolder(), 'wheels'))).toEqual([first.file]);
    index.answers.clear();
    const { code, err } = await install(setOf([first, second]));
    expect(code).toBe(0);
    expect(err).toContain(`engine: process ${child.pid!} on `);
    expect(index.asked.get('firstlib')).toBe(1);
    expect(readdirSync(engineFolder()).filter((name) => name.startsWith('.staging'))).toEqual([]);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s ends with 85, says how to go on, and leaves nothing',
    async (signal) => {
      index.answers.set('secondlib', stall);
      const child = start(setOf([first, second]));
      await stalled('secondlib');
      child.kill(signal);
      const got = await ended(child);
      expect(lastLine(got)).toBe(
        `engine: the installation was stopped (${signal}). Finished downloads are kept: start again to go on.`,
      );
      expect(got.code).toBe(85);
      expect(processesAtWork()).toEqual([]);
      expect(listing()).toEqual(['wheels']);
    },
  );

  test('by SIGINT while it waits for another leaves the other alone', async () => {
    index.answers.set('firstlib', stall);
    const [child, waiting] = [start(setOf([first])), start(setOf([first]))];
    await stalled('firstlib');
    await Promise.race([child, waiting].map(saysThatItWaits));
    const owner = ownerOfLock() === child.pid ? child : waiting;
    const other = owner === child ? waiting : child;
    other.kill('SIGINT');
    expect((await ended(other)).code).toBe(85);
    expect(ownerOfLock()).toBe(owner.pid);
    owner.kill('SIGINT');
    expect((await ended(owner)).code).toBe(85);
  });
});

test('three processes at once make one download and get one folder', async () => {
  index.answers.set('firstlib', (wheel, response) => void setTimeout(whole, 1_000, wheel, response));
  const all = await Promise.all([1, 2, 3].map(() => install(setOf([first]))));
  expect(all.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(new Set(all.map(({ out }) => out)).size).toBe(1);
  expect(index.asked.get('firstlib')).toBe(1);
  const said = all.filter(({ err }) => /engine: waiting for process \d+ on \S+, which is installing into/.test(err));
  expect(said).toHaveLength(2);
});

describe('a disk', () => {
  const mounts = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'true']).status === 0;
  const small = (set: WrittenSet, bytes: number): ChildProcess => {
    const script = `mount -t tmpfs -o size=${bytes} tmpfs "$CONSISTENCY_CACHE" && exec "$@"`;
    return start(set, ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', ...commandOf(set)]);
  };
  const full = (path: string): RegExp =>
    new RegExp(
      `^${path}: got a full disk, expected room to write this file\\. Free some space, or name another folder with CONSISTENCY_CACHE, and start again: finished work is kept\\.$`,
    );

  test.skipIf(!mounts)('that fills up while pip writes', async () => {
    const large = testWheel('firstlib', { 'firstlib/data.bin': randomBytes(40_000_000) });
    index.close();
    index = new WheelIndex([large]);
    environment = { ...environment, PIP_INDEX_URL: await index.open() };
    const got = await ended(small(setOf([large], { downloadBytes: 0 }), 36_000_000));
    expect(lastLine(got)).toMatch(full(join(engineFolder(), 'wheels')));
    expect(got.code).toBe(65);
  });

  test.skipIf(!mounts)('that fills up while a wheel is unpacked', async () => {
    const large = testWheel('firstlib', { 'firstlib/data.bin': new Uint8Array(40_000_000) });
    index.close();
    index = new WheelIndex([large]);
    environment = { ...environment, PIP_INDEX_URL: await index.open() };
    const got = await ended(small(setOf([large]), 36_000_000));
    expect(lastLine(got)).toMatch(full(`${engineFolder()}/.staging-[0-9a-f]{8}/firstlib/data\\.bin`));
    expect(got.code).toBe(65);
  });

  test('with too little room is refused before the download', async () => {
    const got = await install(setOf([first], { unpackedBytes: 2 ** 49 }));
    expect(lastLine(got)).toMatch(/free disk space, expected 512 TiB for the engine\. /);
    expect({ code: got.code, asked: index.asked.size }).toEqual({ code: 65, asked: 0 });
  });

  test('folder that cannot be written is named', async () => {
    writeFileSync(join(cache, 'engine'), 'a file');
    const got = await install(setOf([first]));
    expect(lastLine(got)).toBe(
      `${engineFolder()}: got a path through ${engineFolder()}, which is no folder, expected a folder to write into. ` +
        'Move that file away, or name another folder with CONSISTENCY_CACHE.',
    );
    expect(got.code).toBe(65);
  });
});
