/** @file One cache for many: carried as a bundle to where there is no network, read by those who cannot write it, checked as a whole. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../harness/core/clock.ts';
import { sha256 } from '../../../harness/core/hash.ts';
import { openSource } from '../../../harness/data/open.ts';
import { publishedFolder } from '../../../harness/data/cifar10.ts';
import { tarPieces } from '../../../harness/formats/tar.ts';
import { cacheFolder } from '../../../harness/system/cache-folder.ts';
import { writePieces } from '../../../harness/system/files/files.ts';
import { silence } from '../../../harness/system/progress.ts';

const archive = join(import.meta.dirname, '../../golden/metrics/cifar-binary/valid/cifar-10-binary.tar.gz');
const can = (...options: string[]): boolean =>
  spawnSync('unshare', ['--user', '--map-root-user', ...options, 'true']).status === 0;
const canMount = can('--mount');
const canCutOff = can('--net');

let lab: string;
let full: string;

beforeAll(async () => {
  lab = mkdtempSync(join(tmpdir(), 'shared-cache-'));
  full = join(lab, 'full');
  await fill(full);
});
afterAll(() => rmSync(lab, { recursive: true }));

/** A cache as `fetch` leaves it, with twenty images in the place of CIFAR-10 and a graph of three bytes. */
async function fill(cache: string): Promise<void> {
  const context = { cache, output: silence, clock: systemClock, environment: {} };
  (await openSource('cifar10', context, { data: archive })).close();
  renameSync(join(cache, 'data', readdirSync(join(cache, 'data'))[0]!), publishedFolder({ cache }));
  const graph = join(cache, 'inception', 'inception-2015-12-05.tgz');
  mkdirSync(dirname(graph));
  const pieces = async function* () {
    yield await Promise.resolve(Buffer.from('pbf'));
  };
  await writePieces(graph, tarPieces([{ name: 'classify_image_graph_def.pb', bytes: 3, pieces }]));
  writeFileSync(`${graph}.sha256.json`, JSON.stringify({ sha256: sha256(readFileSync(graph)) }, null, 2));
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
}

async function command(cache: string, words: readonly string[], around: readonly string[] = []): Promise<Ended> {
  const [program, ...args] = [...around, process.execPath, '--import', 'tsx', ...words];
  const environment = { PATH: process.env.PATH, HOME: lab, CONSISTENCY_CACHE: cache };
  const { stdout, stderr, exitCode } = await execa(program!, args, {
    env: environment,
    extendEnv: false,
    reject: false,
  });
  return { stdout, stderr, exitCode };
}

const data = (cache: string, words: string, around?: readonly string[]) =>
  command(cache, ['scripts/data.ts', ...words.split(' ')], around);
const cutOff = ['unshare', '--user', '--map-root-user', '--net'];
/** Runs a command where the cache is mounted for reading alone: permissions would not bind root. */
const readOnly = [
  ...['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'],
  'mount --bind "$CONSISTENCY_CACHE" "$CONSISTENCY_CACHE" && mount -o remount,bind,ro "$CONSISTENCY_CACHE" && ! touch "$CONSISTENCY_CACHE/x" 2>/dev/null && exec "$@"',
  'sh',
];

describe('a bundle of data', () => {
  let bundle: string;
  beforeAll(async () => {
    bundle = join(lab, 'data.tar');
    expect((await data(full, `bundle cifar10 inception --out ${bundle}`)).exitCode).toBe(0);
  });

  test('fills an empty cache where there is no network, and what is there is whole', async ({ skip }) => {
    skip(!canCutOff, 'this system allows no network namespace (unshare --user --net)');
    const cache = join(lab, 'other');
    const { exitCode, stdout, stderr } = await data(cache, `install --from ${bundle} --json`, cutOff);
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect((JSON.parse(stdout) as { id: string; missing: string[] }[]).map(({ id, missing }) => [id, missing])).toEqual(
      [
        ['cifar10', []],
        ['inception', []],
      ],
    );
    expect((await data(cache, 'check cifar10 inception', cutOff)).exitCode).toBe(0);
  });

  test('is refused where something that was asked for is missing', async () => {
    const { exitCode, stderr } = await data(full, `bundle cifar10 vgg16 --out ${join(lab, 'none.tar')}`);
    expect(stderr).toBe(
      `${full}: got no vgg16 (training by CT (LPIPS)), expected all that was asked for. Run \`npm run data -- fetch\` where there is a network, or \`npm run data -- install --from <bundle>\`.`,
    );
    expect(exitCode).toBe(65);
    expect(readdirSync(lab)).not.toContain('none.tar');
  });

  test('of a checkout with other names is refused before anything is written', async () => {
    const old = join(lab, 'old');
    cpSync(full, old, { recursive: true });
    const folder = join(lab, 'old-bundle');
    expect((await data(old, `bundle cifar10 --out ${folder}`)).exitCode).toBe(0);
    const index = join(folder, 'bundle.json');
    writeFileSync(index, readFileSync(index, 'utf8').replaceAll('cifar10-v1-', 'cifar10-v0-'));
    const { exitCode, stderr } = await data(join(lab, 'empty'), `install --from ${folder}`);
    expect(stderr).toBe(
      `${folder}: got data/cifar10-v0-c4a38c50a1bc5f3a/images.bin, expected files that this checkout uses. Make the bundle with this checkout: npm run data -- bundle --out <file.tar>.`,
    );
    expect(exitCode).toBe(65);
    expect(readdirSync(lab)).not.toContain('empty');
  });
});

describe('npm run data -- check', () => {
  let cache: string;
  let serial = 0;
  beforeEach(() => {
    cache = join(lab, `copy-${(serial += 1)}`);
    cpSync(full, cache, { recursive: true });
  });

  test('names what is missing and says where the rest lies', async () => {
    const { stdout, stderr, exitCode } = await data(cache, 'check');
    expect(stdout).toContain(`cifar10              ${join(publishedFolder({ cache }), 'images.bin')}\n`);
    expect(stdout).toContain('vgg16                missing: ');
    expect(stderr).toContain('got no cifar10-reference (FID on cifar10), no imagenet64-reference');
    expect(exitCode).toBe(65);
  });

  test('names a file that was changed', async () => {
    const path = join(publishedFolder({ cache }), 'images.bin');
    const bytes = readFileSync(path);
    bytes[100]! ^= 1;
    writeFileSync(path, bytes);
    const { stderr, exitCode } = await data(cache, 'check cifar10');
    expect(stderr).toContain(`got images with sha256 ${sha256(bytes)}`);
    expect(exitCode).toBe(65);
  });

  test('knows the nearest name', async () => {
    const { stderr } = await data(cache, 'where cifar');
    expect(stderr).toBe('data: got "cifar", expected a shared file. Did you mean "cifar10" or "cifar10-reference".');
  });
});

describe('a cache that can only be read', () => {
  test('is whole for those who use it', async ({ skip }) => {
    skip(!canMount, 'this system allows no mount namespace (unshare --user --mount)');
    const whole = await data(full, 'check cifar10 inception', readOnly);
    expect({ exitCode: whole.exitCode, stderr: whole.exitCode === 0 ? '' : whole.stderr }).toEqual({
      exitCode: 0,
      stderr: '',
    });
    const lacking = await data(full, 'check cifar10 vgg16', readOnly);
    expect(lacking.stderr).toContain(`${full}: got no vgg16 (training by CT (LPIPS))`);
    expect(lacking.exitCode).toBe(65);
    const fetched = await data(full, 'fetch cifar10 inception', readOnly);
    expect(fetched.exitCode).toBe(0);
  });

  test('holds an engine that is loaded from it', async ({ skip }) => {
    skip(!canMount, 'this system allows no mount namespace (unshare --user --mount)');
    const { exitCode, stdout, stderr } = await command(
      cacheFolder(),
      ['scripts/plan.ts', 'shapes', '--json'],
      readOnly,
    );
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect((JSON.parse(stdout) as { calibration: { device: string } }).calibration.device).toBe('cpu');
  });
});
