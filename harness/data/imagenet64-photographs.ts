/**
 * @file ImageNet 64x64 from the photographs of ILSVRC-2012: found, numbered and labelled as the authors' loader does, made small here.
 *
 * Order and labels: folders are walked in the order of their names, files in the order of theirs; the label is the place of the part of
 * the file name before `_` (the synset) among all such parts. Source: openai/consistency_models `cm/image_datasets.py`.
 */
import { createHash } from 'node:crypto';
import { entriesIn, sizeOf } from '../system/files.ts';
import { readInputAhead } from '../system/input-file.ts';
import { basename, join, relative } from 'node:path';
import { DataError, described } from '../core/errors.ts';
import { decodeImage } from '../formats/raster.ts';
import { isPacked, pack, packedFolder, type DataContext, type LabelledImage, type PackJob } from './packed.ts';
import { preprocess, type Preprocessing } from './preprocess.ts';

export interface Photograph {
  readonly path: string;
  readonly label: number;
}

const version = 1;
const resolution = 64;
const published = { images: 1_281_167, classes: 1000 };
/** Photographs that are read and decoded while one is being resized. */
const ahead = 8;

/** Packs a folder of photographs. @returns the packed folder */
export async function packPhotographs(context: DataContext, root: string, how: Preprocessing): Promise<string> {
  context.output.write(`imagenet64: listing ${root}\n`);
  const photographs = findPhotographs(root);
  const classes = new Set(photographs.map(({ label }) => label)).size;
  const digest = hashOfListing(root, photographs, how);
  const folder = packedFolder(context, { id: 'imagenet64', version }, digest);
  if (isPacked(folder)) return folder;
  const complete = photographs.length === published.images && classes === published.classes;
  const count = `${photographs.length.toLocaleString('en-US')} photographs of ${classes} classes`;
  const job: PackJob = {
    id: 'imagenet64',
    version,
    resolution,
    classes,
    trainImages: photographs.length,
    heldOutImages: 0,
    origin: {
      text: `ILSVRC-2012, ${count}, preprocessing ${how}${complete ? '' : '; not the published 1,281,167 of 1000'}`,
      // No hash of the photographs is published: their number and that of the classes must do.
      published: complete && how === 'adm',
    },
    records: (first: number) => squares(photographs.slice(first), how),
  };
  await pack(folder, job, context);
  return folder;
}

/** @throws DataError when there are no photographs or a name has no synset */
export function findPhotographs(root: string): Photograph[] {
  const paths: string[] = [];
  collect(root, paths);
  if (paths.length === 0) {
    throw new DataError({
      where: root,
      got: described('no .jpg, .jpeg or .png file'),
      expected: 'the training photographs of ILSVRC-2012 in folders by synset',
      remedy: 'Unpack the inner archives (n01440764.tar, ...) too, or check --data',
    });
  }
  const synsets = paths.map((path) => basename(path).split('_')[0]!);
  const labels = new Map([...new Set(synsets)].sort().map((synset, label) => [synset, label]));
  return paths.map((path, i) => ({ path, label: labels.get(synsets[i]!)! }));
}

function collect(folder: string, paths: string[]): void {
  const entries = entriesIn(folder).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) collect(path, paths);
    else if (/\.(jpe?g|png)$/i.test(entry.name)) paths.push(path);
  }
}

/** Names and sizes, not contents: reading 140 GB to learn that nothing has changed would take longer than packing. */
function hashOfListing(root: string, photographs: readonly Photograph[], how: Preprocessing): string {
  const hash = createHash('sha256').update(`${how}\n`);
  for (const { path } of photographs) hash.update(`${relative(root, path)}\0${sizeOf(path)}\n`);
  return hash.digest('hex');
}

/** The squares in order; reading and decoding run ahead on other threads. */
async function* squares(photographs: readonly Photograph[], how: Preprocessing): AsyncGenerator<LabelledImage, void> {
  const decode = async ({ path }: Photograph): ReturnType<typeof decodeImage> =>
    decodeImage(path, await readInputAhead(path, 'a photograph'));
  const running: ReturnType<typeof decode>[] = [];
  for (let next = 0, done = 0; done < photographs.length; done++) {
    while (next < photographs.length && running.length < ahead) {
      const one = decode(photographs[next++]!);
      // Its error is met when its turn comes; until then it must not count as unhandled.
      one.catch(() => undefined);
      running.push(one);
    }
    const image = await running.shift()!;
    yield { label: photographs[done]!.label, pixels: preprocess(image, resolution, how) };
  }
}
