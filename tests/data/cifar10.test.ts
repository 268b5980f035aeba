/** @file CIFAR-10 from archive to images: packed once, verified at every opening, and honest about archives of other content. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { sha256 } from '../../harness/core/hash.ts';
import { silence } from '../../harness/system/progress.ts';
import { TrainBatches } from '../../harness/data/batches.ts';
import { cifar10Archive, decodeCifar10 } from '../../harness/data/cifar10.ts';
import { openSource } from '../../harness/data/open.ts';
import type { DataContext } from '../../harness/data/packed.ts';
import { readSafetensors, toFloat64 } from '../../harness/formats/safetensors.ts';

const golden = join(import.meta.dirname, '../golden/metrics/cifar-binary');
const archive = join(golden, 'valid/cifar-10-binary.tar.gz');
const tensors = readSafetensors(join(golden, 'valid/tensors.safetensors')).tensors;

let cache: string;
let context: DataContext;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'cifar-'));
  context = { cache, output: silence, clock: systemClock, environment: {} };
});
afterEach(() => rmSync(cache, { recursive: true }));

const packed = (): string => join(cache, 'data', readdirSync(join(cache, 'data'))[0]!);

describe('an archive named with --data', () => {
  test('gives every image and label, and says that it is not the published one', async () => {
    const source = await openSource('cifar10', context, { data: archive });
    expect(source).toMatchObject({
      id: 'cifar10',
      version: 1,
      resolution: 32,
      classes: 10,
      trainImages: 20,
      heldOutImages: 3,
    });
    expect(source.origin).toEqual({
      text: `cifar-10-binary.tar.gz: archive of 70567 bytes, sha256 ${sha256(readFileSync(archive))}; not the published archive`,
      published: false,
    });
    const image = new Uint8Array(3072);
    for (const [name, count, read] of [
      ['train', 20, (i: number) => source.readTrain(i, image)],
      ['test', 3, (i: number) => source.readHeldOut(i, image)],
    ] as const) {
      const labels = toFloat64(tensors.get(`${name}_labels`)!);
      for (let i = 0; i < count; i++) {
        expect(read(i)).toBe(labels[i]);
        expect(Buffer.compare(image, tensors.get(`${name}_images`)!.bytes.subarray(3072 * i, 3072 * (i + 1)))).toBe(0);
      }
    }
    source.close();
  });

  test('and its unpacked folder hold the same images', async () => {
    const one = await openSource('cifar10', context, { data: archive });
    const other = await openSource('cifar10', context, { data: join(golden, 'valid-folder/cifar-10-batches-bin') });
    const outer = await openSource('cifar10', context, { data: join(golden, 'valid-folder') });
    expect(other.contentHash).toBe(one.contentHash);
    expect(outer.contentHash).toBe(one.contentHash);
    expect(other.origin.published).toBe(false);
  });

  test('is packed once: the archive is not needed the second time but for its hash', async () => {
    await openSource('cifar10', context, { data: archive });
    const before = readFileSync(join(packed(), 'images.bin'));
    const source = await openSource('cifar10', context, { data: archive });
    expect(source.contentHash).toBe(sha256(before));
    expect(readdirSync(packed()).sort()).toEqual(['images.bin', 'manifest.json']);
  });

  test('of no image is refused, and nothing is packed', async () => {
    const empty = join(import.meta.dirname, '../fixtures/cases/no-images/zero-records.tar.gz');
    await expect(openSource('cifar10', context, { data: empty })).rejects.toThrow(
      `${empty}: got no training image, expected at least one. Fetch the data again.`,
    );
    expect(existsSync(join(cache, 'data'))).toBe(false);
  });

  test('feeds batches larger than itself', async () => {
    const source = await openSource('cifar10', context, { data: archive });
    const { images, labels } = new TrainBatches(source, { seed: 0, batchImages: 64, horizontalFlip: 0.5 }).at(3);
    expect(images).toHaveLength(64 * 3072);
    expect(Math.max(...labels)).toBeLessThan(10);
  });

  test('an index outside is refused', async () => {
    const source = await openSource('cifar10', context, { data: archive });
    expect(() => source.readTrain(20, new Uint8Array(3072))).toThrow(
      'cifar10, training images: got 20, expected an index from 0 to 19. Mend the caller.',
    );
  });

  test('that does not exist is named', async () => {
    await expect(openSource('cifar10', context, { data: join(cache, 'absent.tar.gz') })).rejects.toThrow(
      `cifar10: got "${join(cache, 'absent.tar.gz')}", expected an archive or folder that exists. Check --data.`,
    );
  });

  test.each([
    ['the Python edition of CIFAR-10', ['cifar-10-batches-py/data_batch_1']],
    ['the Python edition of CIFAR-10', ['data_batch_1', 'data_batch_2', 'test_batch', 'batches.meta']],
    ['CIFAR-100', ['train.bin', 'test.bin', 'fine_label_names.txt', 'coarse_label_names.txt']],
    ['CIFAR-100', ['cifar-100-binary/train.bin']],
    ['a folder of test, train', ['train/cat/0.png', 'test/cat/0.png']],
    ['a folder of cifar-10-binary.tar.gz', ['cifar-10-binary.tar.gz']],
    ['an empty folder', []],
  ])('that is %s is refused by what was found (%#)', async (what, names) => {
    const folder = join(cache, 'given');
    mkdirSync(folder);
    for (const name of names) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), '');
    }
    await expect(openSource('cifar10', context, { data: folder })).rejects.toThrow(
      `${folder}: got ${what}, expected the binary edition, cifar-10-binary.tar.gz, or its folder.`,
    );
  });

  test('as macOS packs it, with leftovers beside every file, holds the same images', async () => {
    const folder = join(cache, 'given');
    for (const name of ['cifar-10-batches-bin', '__MACOSX/cifar-10-batches-bin'])
      mkdirSync(join(folder, name), { recursive: true });
    const from = join(golden, 'valid-folder/cifar-10-batches-bin');
    for (const name of readdirSync(from)) {
      copyFileSync(join(from, name), join(folder, 'cifar-10-batches-bin', name));
      writeFileSync(join(folder, 'cifar-10-batches-bin', `._${name}`), 'x');
      writeFileSync(join(folder, '__MACOSX/cifar-10-batches-bin', `._${name}`), 'x');
    }
    const packed = join(cache, 'macos.tar.gz');
    execFileSync('tar', ['czf', packed, '-C', folder, 'cifar-10-batches-bin', '__MACOSX']);
    const source = await openSource('cifar10', context, { data: packed });
    expect(source.contentHash).toBe((await openSource('cifar10', context, { data: archive })).contentHash);
  });

  test('of which a file is a pointer is refused by what it is', async () => {
    const folder = join(cache, 'pointer');
    mkdirSync(folder);
    const from = join(golden, 'valid-folder/cifar-10-batches-bin');
    for (const name of readdirSync(from)) copyFileSync(join(from, name), join(folder, name));
    writeFileSync(join(folder, 'data_batch_2.bin'), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n');
    await expect(openSource('cifar10', context, { data: folder })).rejects.toThrow(
      `${folder}, data_batch_2.bin: got a pointer of Git LFS in place of the file, expected whole records of 3073 bytes`,
    );
  });

  test('with training files of different lengths is refused, and nothing is left behind', async () => {
    const folder = join(cache, 'uneven');
    mkdirSync(folder);
    const from = join(golden, 'valid-folder/cifar-10-batches-bin');
    for (const name of readdirSync(from)) copyFileSync(join(from, name), join(folder, name));
    truncateSync(join(folder, 'data_batch_3.bin'), 3 * 3073);
    await expect(openSource('cifar10', context, { data: folder })).rejects.toThrow(
      `${folder}, data_batch_3.bin: got 3 records, expected 4 records. Fetch cifar-10-binary.tar.gz again, or name another archive of its layout with --data.`,
    );
    expect(existsSync(join(cache, 'data'))).toBe(false);
  });
});

describe('the published archive', () => {
  test('that is not there and cannot be fetched: one error with file, size, hash, place, and what needs nothing', async () => {
    const mirror = { ...context, environment: { CONSISTENCY_MIRROR: 'http://127.0.0.1:1/' }, pausesMs: [] };
    const path = join(cache, 'downloads/cifar-10-binary.tar.gz');
    await expect(openSource('cifar10', mirror)).rejects.toThrow(
      new RegExp(
        `^cifar-10-binary\\.tar\\.gz: got no answer from http://127\\.0\\.0\\.1:1/cifar-10-binary\\.tar\\.gz \\(.+\\), ` +
          `expected to download it \\(170,052,171 bytes, sha256 ${cifar10Archive.sha256}\\)\\. ` +
          `Put cifar-10-binary\\.tar\\.gz at ${path} by hand\\. "npm run reproduce shapes" needs no download\\.$`,
      ),
    );
  });

  test('put in place by hand is verified before it is used', async () => {
    mkdirSync(join(cache, 'downloads'));
    const path = join(cache, 'downloads/cifar-10-binary.tar.gz');
    copyFileSync(archive, path);
    await expect(openSource('cifar10', context)).rejects.toThrow(
      `${path}: got a file of 70567 bytes, expected 170052171 bytes. Remove it and start again, or put the right file there.`,
    );
  });
});

describe('a packed set that changed on disk', () => {
  const remedy = (): string => `Remove the folder ${packed()} and start again: the set is packed anew.`;

  test('by one bit is named with its remedy, which works', async () => {
    const { contentHash } = await openSource('cifar10', context, { data: archive });
    const path = join(packed(), 'images.bin');
    const bytes = readFileSync(path);
    bytes[5000]! ^= 1;
    writeFileSync(path, bytes);
    await expect(openSource('cifar10', context, { data: archive })).rejects.toThrow(
      `${path}: got images with sha256 ${sha256(bytes)}, expected sha256 ${contentHash}, as when it was packed. ${remedy()}`,
    );
    rmSync(packed(), { recursive: true });
    expect((await openSource('cifar10', context, { data: archive })).contentHash).toBe(contentHash);
  });

  test('in length, or without its manifest, is named too', async () => {
    await openSource('cifar10', context, { data: archive });
    const path = join(packed(), 'images.bin');
    appendFileSync(path, 'x');
    await expect(openSource('cifar10', context, { data: archive })).rejects.toThrow(
      `${path}: got images of ${23 * 3074 + 1} bytes, expected ${23 * 3074} bytes, as when it was packed. ${remedy()}`,
    );
    writeFileSync(join(packed(), 'manifest.json'), '{"schema":"other"}');
    await expect(openSource('cifar10', context, { data: archive })).rejects.toThrow('got a manifest of another form');
    rmSync(join(packed(), 'manifest.json'));
    await expect(openSource('cifar10', context, { data: archive })).rejects.toThrow('got no readable manifest');
  });
});

test('classes in another order are refused', () => {
  const files = new Map<string, Uint8Array>();
  for (const name of ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch'])
    files.set(`${name}.bin`, new Uint8Array(3073));
  expect(decodeCifar10('x', files).train).toHaveLength(5);
  files.set('batches.meta.txt', Buffer.from('cat\ndog\n'));
  expect(() => decodeCifar10('x', files)).toThrow(
    'x, batches.meta.txt: got the classes cat, dog, expected airplane, automobile',
  );
});
