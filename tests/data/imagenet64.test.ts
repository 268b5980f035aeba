/** @file ImageNet 64x64 from photographs and from the downsampled edition: order, labels, resumption, and what is said of each. */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { sha256 } from '../../harness/core/hash.ts';
import { silence } from '../../harness/system/progress.ts';
import { packDownsampled } from '../../harness/data/imagenet64-downsampled.ts';
import { openSource } from '../../harness/data/open.ts';
import { openPacked, type DataContext } from '../../harness/data/packed.ts';
import type { ImageSource } from '../../harness/data/source.ts';
import { readSafetensors, toFloat64 } from '../../harness/formats/safetensors.ts';
import { writeZip } from '../../harness/formats/zip-writer.ts';

const golden = join(import.meta.dirname, '../golden/metrics');

let folder: string;
let root: string;
let context: DataContext;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagenet-'));
  root = join(folder, 'given');
  mkdirSync(root);
  context = { cache: join(folder, 'cache'), output: silence, clock: systemClock, environment: {} };
});
afterEach(() => rmSync(folder, { recursive: true }));

const packed = (): string => join(context.cache, 'data', readdirSync(join(context.cache, 'data'))[0]!);

function allOf(source: ImageSource): { labels: number[]; images: Buffer } {
  const labels: number[] = [];
  const images = Array.from({ length: source.trainImages as number }, (_, i) => {
    const image = new Uint8Array(64 * 64 * 3);
    labels.push(source.readTrain(i, image));
    return image;
  });
  return { labels, images: Buffer.concat(images) };
}

describe('photographs', () => {
  /** Packs -> their pictures under names of ILSVRC, in two synsets. */
  const placed = [
    ['n02/n02_7.JPEG', 'wide-200x150-jpg'],
    ['n01/n01_10.JPEG', 'tall-177x301-jpg'],
    ['n01/n01_9.JPEG', 'gray-140x141-jpg'],
    // One of the published photographs is a PNG under a JPEG's name.
    ['n02/n02_31.JPEG', 'wide-331x128-png'],
  ] as const;
  /** Walked by name: n01_10 before n01_9, n02_31 before n02_7. */
  const order = ['tall-177x301-jpg', 'gray-140x141-jpg', 'wide-331x128-png', 'wide-200x150-jpg'];

  beforeEach(() => {
    for (const [name, pack] of placed) {
      const picture = readdirSync(join(golden, 'image-preprocess', pack)).find((file) => /\.(jpg|png)$/.test(file))!;
      mkdirSync(dirname(join(root, name)), { recursive: true });
      copyFileSync(join(golden, 'image-preprocess', pack, picture), join(root, name));
    }
  });

  const expected = (how: 'adm' | 'edm'): Buffer =>
    Buffer.concat(
      order.map(
        (pack) =>
          readSafetensors(join(golden, 'image-preprocess', pack, 'tensors.safetensors')).tensors.get(`${how}_64`)!
            .bytes,
      ),
    );

  test('are numbered by name, labelled by sorted synset, and made square as for the published results', async () => {
    const source = await openSource('imagenet64', context, { data: root });
    expect(source).toMatchObject({ resolution: 64, classes: 2, trainImages: 4, heldOutImages: 0 });
    expect(source.origin).toEqual({
      text: 'ILSVRC-2012, 4 photographs of 2 classes, preprocessing adm; not the published 1,281,167 of 1000',
      published: false,
    });
    const { labels, images } = allOf(source);
    expect(labels).toEqual([0, 0, 1, 1]);
    expect(images.equals(expected('adm'))).toBe(true);
    source.close();
  });

  test('are another set under another preprocessing', async () => {
    const adm = await openSource('imagenet64', context, { data: root });
    const edm = await openSource('imagenet64', context, { data: root, preprocessing: 'edm' });
    expect(edm.contentHash).not.toBe(adm.contentHash);
    expect(allOf(edm).images.equals(expected('edm'))).toBe(true);
  });

  test('one that is damaged is named; mended, packing goes on from there', async () => {
    const damaged = join(root, 'n02/n02_31.JPEG');
    const whole = readFileSync(damaged);
    // The same size, so that it is the same set.
    writeFileSync(damaged, Buffer.concat([whole.subarray(0, 5000), Buffer.alloc(whole.length - 5000)]));
    await expect(openSource('imagenet64', context, { data: root })).rejects.toThrow(
      `${damaged}: got a damaged PNG image`,
    );
    expect(readdirSync(packed())).toEqual(['images.bin.part']);
    writeFileSync(damaged, whole);
    expect(allOf(await openSource('imagenet64', context, { data: root })).images.equals(expected('adm'))).toBe(true);
  });

  test.each([2, 4])(
    'packing that was killed after %i records and a bit is resumed to the same bytes',
    async (records) => {
      const { contentHash } = await openSource('imagenet64', context, { data: root });
      const half = join(packed(), 'images.bin.part-some.other.host-1');
      renameSync(join(packed(), 'images.bin'), half);
      appendFileSync(half, Buffer.alloc(100));
      truncateSync(half, records * (2 + 12288) + 77);
      rmSync(join(packed(), 'manifest.json'));
      // Photographs that are packed already are not needed again.
      const first = readFileSync(join(root, 'n01/n01_10.JPEG'));
      writeFileSync(join(root, 'n01/n01_10.JPEG'), Buffer.alloc(first.length));
      const inAnHour = new Date(statSync(half).mtimeMs + 3_600_000);
      const later: DataContext = { ...context, clock: { now: () => 0, date: () => inAnHour } };
      expect((await openSource('imagenet64', later, { data: root })).contentHash).toBe(contentHash);
    },
  );
});

describe('the downsampled edition', () => {
  const pack = join(golden, 'imagenet64-npz/two-batches');
  const { tensors } = readSafetensors(join(pack, 'tensors.safetensors'));
  const labels = [...toFloat64(tensors.get('labels')!)];
  const names = ['train_data_batch_1.npz', 'train_data_batch_2.npz'] as const;

  test('is read from unpacked files in the order of their numbers, labels from 0', async () => {
    // Renamed so that order by name (10 before 9) would be wrong.
    copyFileSync(join(pack, names[0]), join(root, 'train_data_batch_9.npz'));
    copyFileSync(join(pack, names[1]), join(root, 'train_data_batch_10.npz'));
    copyFileSync(join(golden, 'imagenet64-npz/val/val_data.npz'), join(root, 'val_data.npz'));
    const source = await openSource('imagenet64', context, { data: root });
    expect(source).toMatchObject({ classes: 1000, trainImages: labels.length, heldOutImages: 2 });
    expect(source.origin).toEqual({
      text: 'downsampled ImageNet 64x64, 3 unpacked files; not the images of the published results',
      published: false,
    });
    const read = allOf(source);
    expect(read.labels).toEqual(labels);
    expect(read.images.equals(tensors.get('images')!.bytes)).toBe(true);
  });

  /** The published archives in small: an `.npz` file each, in a folder, packed once more. */
  function archives(): Parameters<typeof packDownsampled>[2] {
    const train = names.map((name, i) => {
      const archive = join(root, `Imagenet64_train_part${i + 1}_npz.zip`);
      writeZip(archive, [[`Imagenet64_train_part${i + 1}_npz/${name}`, readFileSync(join(pack, name))]], true);
      const bytes = readFileSync(archive);
      return { name: `Imagenet64_train_part${i + 1}_npz.zip`, bytes: bytes.length, sha256: sha256(bytes) };
    });
    return {
      train,
      heldOut: { name: 'absent.zip', bytes: 0, sha256: '' },
      trainImages: labels.length,
      heldOutImages: 0,
    };
  }

  test('is read from its archives, each verified first and unpacked for no longer than it is read', async () => {
    const edition = archives()!;
    const source = await openPacked(await packDownsampled(context, root, edition), context);
    const read = allOf(source);
    expect(read.labels).toEqual(labels);
    expect(read.images.equals(tensors.get('images')!.bytes)).toBe(true);
    expect(source.origin.text).toContain(
      `archives with sha256 ${edition.train.map(({ sha256 }) => sha256).join(', ')};`,
    );
    expect(readdirSync(packed()).sort()).toEqual(['images.bin', 'manifest.json']);
  });

  test('with an archive that is another is refused before anything is packed', async () => {
    const edition = archives()!;
    const path = join(root, 'Imagenet64_train_part2_npz.zip');
    const bytes = readFileSync(path);
    bytes[100]! ^= 1;
    writeFileSync(path, bytes);
    await expect(packDownsampled(context, root, edition)).rejects.toThrow(
      `${path}: got sha256 ${sha256(bytes)}, expected sha256 ${edition.train[1]!.sha256}. Fetch the file again, or check --data.`,
    );
    expect(existsSync(context.cache)).toBe(false);
  });
});

describe('refusals', () => {
  test('no folder: what is wanted, and what needs nothing', async () => {
    await expect(openSource('imagenet64', context)).rejects.toThrow(
      'imagenet64: got no --data, expected the folder of the 1,281,167 training photographs of ILSVRC-2012 (CLS-LOC), or of downsampled ' +
        'ImageNet 64x64; both need an account. Fetch one of them and name its folder with --data; "npm run reproduce shapes" needs no download.',
    );
  });

  test('a folder without images', async () => {
    await expect(openSource('imagenet64', context, { data: root })).rejects.toThrow(
      `${root}: got no .jpg, .jpeg or .png file, expected the training photographs of ILSVRC-2012 in folders by synset. ` +
        'Unpack the inner archives (n01440764.tar, ...) too, or check --data.',
    );
  });

  test('a file where a folder is wanted', async () => {
    writeFileSync(join(root, 'x'), '');
    await expect(openSource('imagenet64', context, { data: join(root, 'x') })).rejects.toThrow(
      `imagenet64: got "${join(root, 'x')}", expected a folder that exists. Check --data.`,
    );
  });
});
