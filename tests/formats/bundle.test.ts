/** @file Bundles: what goes in comes out, as a folder and as an archive; anything cut, forged, foreign or of another format is one line. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { sha256 } from '../../harness/core/hash.ts';
import {
  bundledPlaces,
  readBundleIndex,
  unpackBundle,
  writeBundle,
  type BundleKind,
} from '../../harness/formats/bundle.ts';
import { silence } from '../../harness/system/progress.ts';

const context = { output: silence, clock: systemClock };
const contents = { 'downloads/one.bin': Buffer.alloc(5_000, 7), 'references/two.npz': Buffer.from('two') };
let folder: string;
let sources: { name: string; path: string }[];
let serial = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  sources = Object.entries(contents).map(([name, bytes]) => {
    const path = join(folder, name.replace('/', '-'));
    writeFileSync(path, bytes);
    return { name, path };
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

const fresh = (ending = ''): string => join(folder, `${(serial += 1)}${ending}`);

async function bundle(ending: string, kind: BundleKind = 'data'): Promise<string> {
  const out = fresh(ending);
  await writeBundle(out, { kind, title: 'two files', files: sources }, context);
  return out;
}

async function unpacked(path: string): Promise<string> {
  const target = fresh();
  const index = await readBundleIndex(path, 'data');
  await unpackBundle(path, index, ({ name }) => join(target, name), context);
  return target;
}

const shapes = [
  ['a folder', ''],
  ['an archive', '.tar'],
] as const;

describe.each(shapes)('a bundle as %s', (_, ending) => {
  it('gives back every file', async () => {
    const target = await unpacked(await bundle(ending));
    for (const [name, bytes] of Object.entries(contents)) expect(readFileSync(join(target, name))).toEqual(bytes);
  });

  it('tells where each file lies, and whether its hash holds', async () => {
    const path = await bundle(ending);
    const index = await readBundleIndex(path, 'data');
    const places = bundledPlaces(path, index.files);
    const { signal } = new AbortController();
    for (const place of places!) await place.verify(signal);
    const read = places!.map(({ path: file, start, bytes }) => readFileSync(file).subarray(start, start + bytes));
    expect(read).toEqual(Object.values(contents));
    const [first, ...others] = index.files;
    const forged = [...others, { ...first!, sha256: '0'.repeat(64) }];
    await expect(bundledPlaces(path, forged)!.at(-1)!.verify(signal)).rejects.toThrow(
      `${path}: got downloads/one.bin with sha256 ${first!.sha256}, expected sha256 ${'0'.repeat(64)}. Copy the bundle again, or make it anew.`,
    );
  });

  it('lists its files with bytes and hash', async () => {
    const index = await readBundleIndex(await bundle(ending), 'data');
    expect(index.files).toEqual(
      Object.entries(contents).map(([name, bytes]) => ({ name, bytes: bytes.length, sha256: sha256(bytes) })),
    );
  });

  it('leaves out what is not wanted and what is there already', async () => {
    const path = await bundle(ending);
    const target = fresh();
    mkdirSync(join(target, 'references'), { recursive: true });
    writeFileSync(join(target, 'references/two.npz'), 'two');
    const index = await readBundleIndex(path, 'data');
    let read = 0;
    const watching = {
      ...context,
      output: { isTerminal: false, write: (line: string) => void (read += /in \d/.test(line) ? 1 : 0) },
    };
    await unpackBundle(path, index, ({ name }) => (name.startsWith('ref') ? join(target, name) : undefined), watching);
    expect(readdirSync(target)).toEqual(['references']);
    expect(read).toBe(1);
  });

  it('takes no name that is taken, and leaves nothing unfinished', async () => {
    const out = await bundle(ending);
    await expect(writeBundle(out, { kind: 'data', title: 'x', files: sources }, context)).rejects.toThrow(
      `${out}: got a ${ending ? 'file' : 'folder with something in it'}, expected a name that is free. Name another file or folder with --out, or remove it.`,
    );
    const none = [{ name: 'x', path: join(folder, 'nothing') }];
    await expect(writeBundle(fresh(ending), { kind: 'data', title: 'x', files: none }, context)).rejects.toThrow();
    expect(readdirSync(folder).filter((name) => name.includes('.tmp-'))).toEqual([]);
  });

  it('of the engine is no bundle of data', async () => {
    const path = await bundle(ending, 'engine');
    await expect(readBundleIndex(path, 'data')).rejects.toThrow(
      `${path}: got a bundle of the engine, expected a bundle of data, of format 1. Make one on a machine with a network: npm run data -- bundle --out <file.tar>.`,
    );
  });
});

describe('a bundle that was changed', () => {
  it('is refused where an archive is cut, wherever it is cut', async () => {
    const path = await bundle('.tar');
    const whole = readFileSync(path);
    for (const bytes of [whole.length - 1_535, 4_000, 100]) {
      truncateSync(path, bytes);
      await expect(unpacked(path)).rejects.toThrow(/: got (an archive|a header|no references|something else)/);
      writeFileSync(path, whole);
    }
  });

  it('names the file that lacks bytes, has others, or is gone; what is right keeps its place', async () => {
    const path = await bundle('');
    const file = join(path, 'references/two.npz');
    const refused = async (line: string): Promise<void> => {
      await expect(unpacked(path)).rejects.toThrow(`${path}: got ${line}. Copy the bundle again, or make it anew.`);
    };
    writeFileSync(file, 'tw');
    await refused('references/two.npz of 2 bytes, expected 3 bytes');
    writeFileSync(file, 'TWO');
    await refused(
      `references/two.npz with sha256 ${sha256(Buffer.from('TWO'))}, expected sha256 ${sha256(Buffer.from('two'))}`,
    );
    rmSync(file);
    await refused('no references/two.npz, expected the file that bundle.json lists');
  });

  it('is refused where its index is damaged, of another format, or would lead out of the folder', async () => {
    const path = await bundle('');
    const index = join(path, 'bundle.json');
    const text = readFileSync(index, 'utf8');
    const expected = 'expected a bundle of data, of format 1';
    writeFileSync(index, text.slice(0, 50));
    await expect(unpacked(path)).rejects.toThrow(`got a damaged bundle.json, ${expected}`);
    writeFileSync(index, text.replace('bundle@1', 'bundle@2'));
    await expect(unpacked(path)).rejects.toThrow(`got a bundle of format 2, ${expected}`);
    writeFileSync(index, text.replace('downloads/one.bin', '../one.bin'));
    await expect(unpacked(path)).rejects.toThrow(`got a damaged bundle.json, ${expected}`);
    rmSync(index);
    await expect(unpacked(path)).rejects.toThrow(`got a folder without bundle.json, ${expected}`);
  });

  it('is refused where it is another archive, and where it is not there', async () => {
    const path = fresh('.tar');
    spawnSync('tar', ['cf', path, '-C', folder, 'downloads-one.bin']);
    await expect(unpacked(path)).rejects.toThrow('got an archive that does not begin with bundle.json');
    await expect(unpacked(fresh())).rejects.toThrow('got no file');
  });
});

it('an archive is one that tar reads', async () => {
  const path = await bundle('.tar');
  const { stdout, status } = spawnSync('tar', ['tf', path], { encoding: 'utf8' });
  expect({ status, names: stdout.trim().split('\n') }).toEqual({
    status: 0,
    names: ['bundle.json', ...Object.keys(contents)],
  });
});
