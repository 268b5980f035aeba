/**
 * @file Packs ImageNet 64x64 from the ILSVRC-2012 photographs, resized here.
 *
 * The packed set is named by the contents of the photographs.
 *
 * Every photograph is read once for its sha256 before the first is packed (a tenth of the time of packing), and again only when it was
 * touched (harness/system/files/content-ledger.ts). While it is packed its sha256 must be the same, and so must the whole folder at the end.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DataError, described } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { decodeImage } from '../formats/raster.ts';
import { ContentLedger, readWhole, type FileContents } from '../system/files/content-ledger.ts';
import { Progress } from '../system/progress.ts';
import { beginRecords, forgetKeys, recordKeyBytes } from '../system/download/unfinished-records.ts';
import { requireClasses } from './classes.ts';
import { findPhotographs, type Photograph, type PhotographSet } from './ilsvrc.ts';
import {
  imagesPath,
  isPacked,
  otherFolders,
  pack,
  packedFolder,
  packedRecordBytes,
  type DataContext,
  type LabelledImage,
  type PackJob,
} from './packed.ts';
import { preprocess, type Preprocessing } from './preprocess.ts';
import type { Origin } from './source.ts';

const version = 1;
const resolution = 64;
/** `archiveBytes` of ILSVRC2012_img_train.tar, md5 1d675b47d978889d74fa0da5fadfb00e (torchvision `datasets/imagenet.py`). */
const published = { images: 1_281_167, classes: 1000, archiveBytes: 147_897_477_120 };
const photograph = 'a photograph of ILSVRC-2012';
/** Photographs that are read and decoded while one is being resized. */
const ahead = 8;

/** Photographs with their contents. */
interface KnownSet extends PhotographSet {
  readonly contents: readonly FileContents[];
}

/**
 * Packs a folder of photographs.
 * @param networkClasses of the network that is to be trained with them; null where it has none
 * @returns the packed folder
 * @throws DataError when the layout is none that is known, there are more classes than the network has, or a photograph changes meanwhile
 */
export async function packPhotographs(
  context: DataContext,
  root: string,
  how: Preprocessing,
  networkClasses: number | null,
): Promise<string> {
  context.output.write(`imagenet64: listing ${root}\n`);
  const ledger = new ContentLedger(join(context.cache, 'contents', 'photographs.bin'), context.clock);
  const found = findPhotographs(root);
  for (const line of [...found.remarks, countText(found, networkClasses)]) context.output.write(`${line}\n`);
  requireClasses(found.folder, found.classes, networkClasses);
  const known = await withContents(context, ledger, found);
  const keys = recordKeys(known, how);
  const folder = packedFolder(context, { id: 'imagenet64', version }, sha256(Buffer.concat([Buffer.from(how), keys])));
  if (isPacked(folder)) {
    // Whoever packed it may have been killed before it forgot them.
    forgetKeys(imagesPath(folder));
    return folder;
  }
  const job: PackJob = {
    id: 'imagenet64',
    version,
    resolution,
    source: known.folder,
    classes: known.classes,
    trainImages: known.photographs.length,
    heldOutImages: 0,
    origin: originOf(known, how),
    records: (first: number) => squares(known, first, how),
    recheck: async () => requireUnchanged(known, await withContents(context, ledger, findPhotographs(root))),
  };
  const records = { recordBytes: packedRecordBytes(resolution), keys };
  beginRecords(imagesPath(folder), records, otherFolders(folder, job).map(imagesPath));
  await pack(folder, job, context);
  forgetKeys(imagesPath(folder));
  return folder;
}

async function withContents(context: DataContext, ledger: ContentLedger, set: PhotographSet): Promise<KnownSet> {
  const paths = set.photographs.map(({ path }) => path);
  const options = { label: 'imagenet64: checking contents', unit: 'photographs', total: paths.length };
  const progress = new Progress(context.output, context.clock, options);
  const contents = await ledger.contents(paths, photograph, (done) => progress.update(done));
  progress.finish();
  return { ...set, contents };
}

/** What decides each record: preprocessing, label and photograph. */
function recordKeys({ photographs, contents }: KnownSet, how: Preprocessing): Uint8Array {
  const keys = Buffer.alloc(photographs.length * recordKeyBytes);
  for (const [i, { label }] of photographs.entries()) {
    const digest = createHash('sha256').update(`${how}\0${label}\0${contents[i]!.sha256}`).digest();
    digest.copy(keys, i * recordKeyBytes, 0, recordKeyBytes);
  }
  return keys;
}

function countText({ photographs, classes }: PhotographSet, networkClasses: number | null): string {
  const count = `imagenet64: ${photographs.length.toLocaleString('en-US')} photographs of ${classes} classes`;
  if (classes === published.classes) return count;
  const idle = (networkClasses ?? 0) - classes;
  const untrained = idle > 0 ? `; ${idle} labels of the network are sampled and never trained` : '';
  return `${count}, not the ${published.classes} of the published set${untrained}`;
}

/** What is known of a set of photographs. Exported for its test: the published set has 138 GiB. */
export function originOf(
  {
    photographs,
    classes,
    names,
    contents,
  }: Pick<KnownSet, 'classes' | 'names' | 'contents'> & {
    readonly photographs: { readonly length: number };
  },
  how: Preprocessing,
): Origin {
  const complete = photographs.length === published.images && classes === published.classes;
  // No hash of the photographs is published: number, names and size must do. Copies that were made smaller have names and number too.
  const bytes = archiveBytes(contents);
  const original = names === 'training' && Math.abs(bytes / published.archiveBytes - 1) < 0.01;
  const what = names === 'validation' ? 'ILSVRC-2012, validation' : 'ILSVRC-2012';
  const count = `${photographs.length.toLocaleString('en-US')} photographs of ${classes} classes`;
  const doubt = complete ? '; other names or sizes than those published' : '; not the published 1,281,167 of 1000';
  return {
    text: `${what}, ${count}, preprocessing ${how}${complete && original ? '' : doubt}`,
    published: complete && original && how === 'adm',
  };
}

/** What the photographs take in tar archives: a header of 512 bytes each, and their bytes in whole blocks of 512. */
function archiveBytes(contents: readonly FileContents[]): number {
  return contents.reduce((sum, { bytes }) => sum + 512 + 512 * Math.ceil(bytes / 512), 0);
}

function requireUnchanged(before: KnownSet, after: KnownSet): void {
  const nameAndContents = ({ photographs, contents }: KnownSet, i: number): string =>
    `${photographs[i]?.path} ${contents[i]?.sha256}`;
  const most = Math.max(before.photographs.length, after.photographs.length);
  for (let i = 0; i < most; i++) {
    if (nameAndContents(before, i) === nameAndContents(after, i)) continue;
    throw changed((before.photographs[i] ?? after.photographs[i])!.path);
  }
}

function changed(path: string): DataError {
  return new DataError({
    where: path,
    got: described('other contents than when packing began'),
    expected: 'photographs that stay as they are while they are packed',
    remedy: 'Start again when nothing changes them any more: what is packed of the same contents is kept',
  });
}

/** The squares in order, from number `first` on; reading and decoding run ahead on other threads. */
async function* squares(
  { photographs, contents }: KnownSet,
  first: number,
  how: Preprocessing,
): AsyncGenerator<LabelledImage, void> {
  const decode = async ({ path }: Photograph, { sha256: known }: FileContents): ReturnType<typeof decodeImage> => {
    const bytes = await readWhole(path, photograph);
    if (sha256(bytes) !== known) throw changed(path);
    return decodeImage(path, bytes);
  };
  const running: ReturnType<typeof decode>[] = [];
  for (let next = first, done = first; done < photographs.length; done++) {
    while (next < photographs.length && running.length < ahead) {
      const one = decode(photographs[next]!, contents[next]!);
      next += 1;
      // Its error is met when its turn comes; until then it must not count as unhandled.
      one.catch(() => undefined);
      running.push(one);
    }
    const image = await running.shift()!;
    yield { label: photographs[done]!.label, pixels: await preprocess(image, resolution, how) };
  }
}
