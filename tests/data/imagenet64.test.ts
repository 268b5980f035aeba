/** @file ImageNet 64x64 from photographs and from the downsampled edition: order, labels, resumption, and what is said of each. */
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { sha256 } from '../../harness/core/hash.ts';
import { silence } from '../../harness/system/progress.ts';
import { packDownsampled } from '../../harness/data/imagenet64-downsampled.ts';
import { originOf } from '../../harness/data/imagenet64-photographs.ts';
import { openSource } from '../../harness/data/open.ts';
import { openPacked, type DataContext } from '../../harness/data/packed.ts';
import type { ImageSource } from '../../harness/data/source.ts';
import { readSafetensors, toFloat64 } from '../../harness/formats/safetensors.ts';
import { ZipFile } from '../../harness/formats/zip.ts';
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
    ['n01443537/n01443537_7.JPEG', 'wide-200x150-jpg'],
    ['n01440764/n01440764_10.JPEG', 'tall-177x301-jpg'],
    ['n01440764/n01440764_9.JPEG', 'gray-140x141-jpg'],
    // One of the published photographs is a PNG under a JPEG's name.
    ['n01443537/n01443537_31.JPEG', 'wide-331x128-png'],
  ] as const;
  /** Walked by name: n01440764_10 before n01440764_9, n01443537_31 before n01443537_7. */
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
    const damaged = join(root, 'n01443537/n01443537_31.JPEG');
    const whole = readFileSync(damaged);
    writeFileSync(damaged, Buffer.concat([whole.subarray(0, 5000), Buffer.alloc(whole.length - 5000)]));
    await expect(openSource('imagenet64', context, { data: root })).rejects.toThrow(
      `${damaged}: got a damaged PNG image`,
    );
    expect(readdirSync(packed())).toEqual(['images.bin.keys', 'images.bin.part']);
    expect(statSync(join(packed(), 'images.bin.part')).size).toBe(2 * (2 + 12288));
    writeFileSync(damaged, whole);
    const source = await openSource('imagenet64', context, { data: root });
    expect(allOf(source).images.equals(expected('adm'))).toBe(true);
    // Of four photographs two were packed before, and the folder of the other contents is gone.
    expect(readdirSync(join(context.cache, 'data'))).toHaveLength(1);
    expect(readdirSync(packed()).sort()).toEqual(['images.bin', 'manifest.json']);
  });

  test('a disk without room for all of them is refused before the first is packed', async () => {
    const bytes = 4 * (2 + 12288);
    const full = openSource('imagenet64', { ...context, free: bytes / 2 }, { data: root });
    await expect(full).rejects.toThrow(
      /imagenet64-v1-\w+: got 24.0 KiB of free disk space, expected 48.0 KiB for the images that are still to be packed\. Free some space/,
    );
    expect(statSync(join(packed(), 'images.bin.part')).size).toBe(0);
    (await openSource('imagenet64', { ...context, free: bytes }, { data: root })).close();
  });

  test('keys that a killed process left beside a finished set are removed when it is opened', async () => {
    await openSource('imagenet64', context, { data: root });
    writeFileSync(join(packed(), 'images.bin.keys'), 'keys');
    await openSource('imagenet64', context, { data: root });
    expect(readdirSync(packed()).sort()).toEqual(['images.bin', 'manifest.json']);
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
      const inAnHour = new Date(statSync(half).mtimeMs + 3_600_000);
      const later: DataContext = { ...context, clock: { now: () => 0, date: () => inAnHour } };
      expect((await openSource('imagenet64', later, { data: root })).contentHash).toBe(contentHash);
    },
  );
});

describe('photographs that change', () => {
  const cases = join(import.meta.dirname, '../fixtures/cases');
  const first = (): string => join(root, 'n01440764/n01440764_0.JPEG');

  beforeEach(() => cpSync(join(cases, 'symlinked-classes'), root, { recursive: true }));

  test('with equal size and equal times are another set', async () => {
    const before = await openSource('imagenet64', context, { data: root });
    // The last bytes before the end marker are pixels: other ones, and the same length.
    const bytes = readFileSync(first());
    bytes[bytes.length - 40]! ^= 0x15;
    const { atime, mtime } = statSync(first());
    writeFileSync(first(), bytes);
    utimesSync(first(), atime, mtime);
    const after = await openSource('imagenet64', context, { data: root });
    expect(after.contentHash).not.toBe(before.contentHash);
  });

  test('in their times alone, or moved, are the same set', async () => {
    await openSource('imagenet64', context, { data: root });
    utimesSync(first(), 0, 0);
    const elsewhere = join(folder, 'elsewhere');
    renameSync(root, elsewhere);
    await openSource('imagenet64', context, { data: elsewhere });
    expect(readdirSync(join(context.cache, 'data'))).toHaveLength(1);
  });

  /** Changes the folder after its contents were looked at, before the first photograph is packed. */
  const changing = (change: () => void): DataContext => {
    const write = (text: string): void => {
      if (text.includes('checking contents')) change();
    };
    return { ...context, output: { write, isTerminal: false } };
  };

  test('while they are packed are refused by name, and what is packed is not continued', async () => {
    const last = join(root, 'n01443537/n01443537_1.JPEG');
    const { contentHash } = await openSource('imagenet64', context, { data: root });
    rmSync(context.cache, { recursive: true });
    const change = (): void => copyFileSync(first(), last);
    await expect(openSource('imagenet64', changing(change), { data: root })).rejects.toThrow(
      `${last}: got other contents than when packing began, expected photographs that stay as they are while they are packed.`,
    );
    cpSync(join(cases, 'symlinked-classes'), root, { recursive: true });
    expect((await openSource('imagenet64', context, { data: root })).contentHash).toBe(contentHash);
    change();
    expect((await openSource('imagenet64', context, { data: root })).contentHash).not.toBe(contentHash);
  });

  test('after they were packed are packed anew when a stopped packing goes on', async () => {
    const last = join(root, 'n01443537/n01443537_1.JPEG');
    const whole = readFileSync(last);
    writeFileSync(last, whole.subarray(0, 200));
    await expect(openSource('imagenet64', context, { data: root })).rejects.toThrow(last);
    writeFileSync(last, whole);
    copyFileSync(join(root, 'n01443537/n01443537_0.JPEG'), first());
    const { contentHash } = await openSource('imagenet64', context, { data: root });
    const anew = { ...context, cache: join(folder, 'new cache') };
    expect((await openSource('imagenet64', anew, { data: root })).contentHash).toBe(contentHash);
  });

  test('not at all are packed once by several processes, and by another of other contents beside them', async () => {
    const other = join(folder, 'other');
    cpSync(root, other, { recursive: true });
    rmSync(join(other, 'n01443537/n01443537_1.JPEG'));
    const open = async (data: string): Promise<string> => {
      const program = join(import.meta.dirname, 'processes/pack.ts');
      const { stdout } = await execa(process.execPath, ['--import', 'tsx', program, context.cache, data]);
      return stdout;
    };
    const [first, again, apart] = await Promise.all([open(root), open(root), open(other)]);
    expect(again).toBe(first);
    expect(apart).not.toBe(first);
    const anew = { ...context, cache: join(folder, 'new cache') };
    expect((await openSource('imagenet64', anew, { data: root })).contentHash).toBe(first);
    expect((await openSource('imagenet64', anew, { data: other })).contentHash).toBe(apart);
    const data = join(context.cache, 'data');
    for (const set of readdirSync(data))
      expect(readdirSync(join(data, set)).sort()).toEqual(['images.bin', 'manifest.json']);
    expect(readdirSync(data)).toHaveLength(2);
  });

  test('in number while they are packed are refused by name', async () => {
    const more = join(root, 'n01443537/n01443537_9.JPEG');
    const change = (): void => copyFileSync(first(), more);
    await expect(openSource('imagenet64', changing(change), { data: root })).rejects.toThrow(
      `${more}: got other contents than when packing began`,
    );
  });
});

describe('layouts', () => {
  const cases = join(import.meta.dirname, '../fixtures/cases');
  /** Opens a folder and gives what is said of it. */
  const opened = async (data: string) => {
    const said: string[] = [];
    const output = { write: (text: string) => void said.push(text.trimEnd()), isTerminal: false };
    const source = await openSource('imagenet64', { ...context, output }, { data, networkClasses: 1000 });
    const { labels } = allOf(source);
    source.close();
    return { labels, classes: source.classes, published: source.origin.published, said };
  };

  test('classes that are links are found', async () => {
    for (const name of ['n01440764', 'n01443537'])
      symlinkSync(join(cases, 'symlinked-classes', name), join(root, name));
    expect(await opened(root)).toMatchObject({ labels: [0, 0, 1, 1], classes: 2, published: false });
  });

  test('of train, val and test the first is packed, and that is said', async () => {
    const path = join(cases, 'kaggle-layout');
    const { labels, said } = await opened(path);
    expect(labels).toEqual([0, 0, 1, 1]);
    expect(said).toContain(`${path}/train: taken as the training set; left out beside it: ${path}/test, ${path}/val`);
    expect(said).toContain(
      'imagenet64: 4 photographs of 2 classes, not the 1000 of the published set; 998 labels of the network are sampled and never trained',
    );
  });

  test('a name without a synset has the class of its folder', async () => {
    expect(await opened(join(cases, 'names-without-synset'))).toMatchObject({ labels: [0, 0, 0, 1, 1, 1], classes: 2 });
  });

  test('thumbnails of a file server are left out, and that is said', async () => {
    // The fixture as a Synology leaves it.
    const path = join(cases, 'thumbnails-of-a-file-server');
    const { labels, said } = await opened(path);
    expect(labels).toEqual([0, 0, 1, 1]);
    expect(said).toContain(`${path}: left out 1 hidden name`);
  });

  test('more classes than the network has are refused before anything is packed', async () => {
    const data = join(cases, 'names-without-synset');
    await expect(openSource('imagenet64', context, { data, networkClasses: 1 })).rejects.toThrow(
      `${data}: got 2 classes, expected at most the 1 of the network. Name a data set of the classes of the recipe with --data.`,
    );
    expect(existsSync(join(context.cache, 'data'))).toBe(false);
  });

  test('photographs beside files of the downsampled edition are refused, both named', async () => {
    cpSync(join(cases, 'symlinked-classes'), root, { recursive: true });
    copyFileSync(join(cases, 'same-size-other-content/old.npz'), join(root, 'train_data_batch_1.npz'));
    await expect(openSource('imagenet64', context, { data: root })).rejects.toThrow(
      `${root}: got train_data_batch_1.npz of downsampled ImageNet and the photographs of n01440764 side by side, expected one data set.`,
    );
  });

  test('another archive beside photographs changes nothing, and is told of', async () => {
    cpSync(join(cases, 'symlinked-classes'), root, { recursive: true });
    writeFileSync(join(root, 'backup.zip'), '');
    expect(await opened(root)).toMatchObject({ labels: [0, 0, 1, 1] });
    expect((await opened(root)).said).toContain(`${root}: left out 1 other file (.zip)`);
  });
});

describe('what is called published', () => {
  const all = { length: 1_281_167 };
  const large = Array.from(all, () => ({ sha256: '', bytes: 114_600 }));
  const small = Array.from(all, () => ({ sha256: '', bytes: 12_000 }));
  const set = { photographs: all, classes: 1000, names: 'training', contents: large } as const;

  test('is the whole training set in its own size, as ADM made it small', () => {
    expect(originOf(set, 'adm')).toEqual({
      text: 'ILSVRC-2012, 1,281,167 photographs of 1000 classes, preprocessing adm',
      published: true,
    });
    expect(originOf(set, 'edm').published).toBe(false);
  });

  test('is no copy that was made smaller or renamed, no part, no validation', () => {
    expect(originOf({ ...set, contents: small }, 'adm')).toEqual({
      text: 'ILSVRC-2012, 1,281,167 photographs of 1000 classes, preprocessing adm; other names or sizes than those published',
      published: false,
    });
    expect(originOf({ ...set, names: 'other' }, 'adm').published).toBe(false);
    expect(originOf({ ...set, photographs: { length: 1_281_166 } }, 'adm').published).toBe(false);
    expect(originOf({ ...set, classes: 999 }, 'adm').published).toBe(false);
    expect(originOf({ ...set, names: 'validation' }, 'adm').text).toContain('ILSVRC-2012, validation, ');
  });
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

  test('with other contents of equal size is another set', async () => {
    const given = join(import.meta.dirname, '../fixtures/cases/same-size-other-content');
    const path = join(root, 'train_data_batch_1.npz');
    const sets = [];
    for (const name of ['old.npz', 'new.npz']) {
      copyFileSync(join(given, name), path);
      sets.push(await openSource('imagenet64', context, { data: root }));
    }
    expect(statSync(join(given, 'old.npz')).size).toBe(statSync(join(given, 'new.npz')).size);
    const [before, after] = sets.map((source) => allOf(source).images);
    expect(before!.equals(after!)).toBe(false);
  });

  test('that is damaged leaves nothing that a whole file is continued with', async () => {
    for (const name of names) copyFileSync(join(pack, name), join(root, name));
    const whole = await openSource('imagenet64', context, { data: root });
    rmSync(context.cache, { recursive: true });
    const path = join(root, names[0]);
    const bytes = readFileSync(path);
    const damaged = Buffer.from(bytes);
    // A pixel of the first image: the directory of the archive, and so the name of the set, is the same.
    const zip = new ZipFile(path);
    const { headerOffset } = zip.members.get('data.npy')!;
    zip.close();
    damaged[headerOffset + 300]! ^= 1;
    writeFileSync(path, damaged);
    await expect(openSource('imagenet64', context, { data: root })).rejects.toThrow(path);
    writeFileSync(path, bytes);
    expect((await openSource('imagenet64', context, { data: root })).contentHash).toBe(whole.contentHash);
  });

  test('that changes while it is packed is refused by name', async () => {
    const given = join(import.meta.dirname, '../fixtures/cases/same-size-other-content');
    const path = join(root, 'train_data_batch_1.npz');
    copyFileSync(join(given, 'old.npz'), path);
    const write = (text: string): void => {
      if (text.includes('never trained')) copyFileSync(join(given, 'new.npz'), path);
    };
    const changing = { ...context, output: { write, isTerminal: false } };
    await expect(openSource('imagenet64', changing, { data: root })).rejects.toThrow(
      `${path}: got other contents than when packing began, expected files that stay as they are while they are packed.`,
    );
  });

  test('tells of archives and files that are not packed', async () => {
    copyFileSync(join(pack, names[0]), join(root, names[0]));
    writeFileSync(join(root, 'Imagenet64_val_npz.zip'), '');
    const said: string[] = [];
    const output = { write: (text: string) => void said.push(text.trimEnd()), isTerminal: false };
    await openSource('imagenet64', { ...context, output }, { data: root });
    expect(said).toContain(`${root}: left out Imagenet64_val_npz.zip`);
  });

  test('is found in the folders into which its archives unpack, and which files are missing is told', async () => {
    const said: string[] = [];
    const output = { write: (text: string) => void said.push(text.trimEnd()), isTerminal: false };
    for (const [i, name] of names.entries()) {
      mkdirSync(join(root, `Imagenet64_train_part${i + 1}_npz`));
      copyFileSync(
        join(pack, name),
        join(root, `Imagenet64_train_part${i + 1}_npz`, `train_data_batch_${4 * i + 1}.npz`),
      );
    }
    copyFileSync(join(pack, names[0]), join(root, 'train_data_batch_1 (1).npz'));
    copyFileSync(join(pack, names[0]), join(root, 'train_data_batch_01.npz'));
    const source = await openSource('imagenet64', { ...context, output }, { data: root });
    expect(allOf(source).labels).toEqual(labels);
    expect(said).toContain(`${root}: left out train_data_batch_01.npz, train_data_batch_1 (1).npz`);
    expect(said).toContain(
      `${root}: 2 of the 10 training files of the edition: train_data_batch_1.npz, train_data_batch_5.npz`,
    );
    copyFileSync(join(pack, names[0]), join(root, 'train_data_batch_5.npz'));
    await expect(openSource('imagenet64', context, { data: root })).rejects.toThrow(
      `${root}: got train_data_batch_5.npz twice: train_data_batch_5.npz, Imagenet64_train_part2_npz/train_data_batch_5.npz, expected each file once.`,
    );
  });

  test.each(['train_data_batch_1', 'val_data', 'Imagenet64_train_part1.zip', 'unpacked/train_data_batch_7'])(
    'as pickles (%s) is refused by what it is',
    async (name) => {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), '');
      await expect(openSource('imagenet64', context, { data: root })).rejects.toThrow(
        `${root}: got ${basename(name)}, of the pickled edition of downsampled ImageNet, expected its .npz edition, such as train_data_batch_1.npz.`,
      );
    },
  );

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

  test('with an archive that was replaced is not taken for the set that is packed', async () => {
    const edition = archives()!;
    await packDownsampled(context, root, edition);
    const path = join(root, 'Imagenet64_train_part2_npz.zip');
    writeZip(path, [['x.npz', Buffer.from('other')]], true);
    await expect(packDownsampled(context, root, edition)).rejects.toThrow(path);
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
        'Name the folder of the photographs with --data.',
    );
  });

  test('a file where a folder is wanted', async () => {
    writeFileSync(join(root, 'x'), '');
    await expect(openSource('imagenet64', context, { data: join(root, 'x') })).rejects.toThrow(
      `imagenet64: got "${join(root, 'x')}", expected a folder that exists. Check --data.`,
    );
  });
});
