/**
 * @file Finds the ILSVRC-2012 training photographs in a folder, their order and their classes.
 *
 * The common layouts of the data set are known.
 *
 * The class is the synset (`n01440764`) of the nearest folder named so, or of the file name before its first `_` where no folder is;
 * where both are there they must agree. Labels are the places of the synsets among those that occur, sorted. Folders are walked in the order
 * of their names, files in the order of theirs. Source: openai/consistency_models `cm/image_datasets.py`, which reads the file name alone.
 *
 * Layouts: folders by synset; `train` beside `val` and `test`; that of Kaggle, `ILSVRC/Data/CLS-LOC/train`; one flat folder of names with
 * synsets; each of them below folders that hold nothing else. Photographs of validation are labelled only where they were sorted into folders
 * by synset.
 */
import { basename, join, resolve } from 'node:path';
import { DataError, described } from '../core/errors.ts';
import { isImageName, requireReadableImages } from '../formats/image-names.ts';
import { listFolder, walkFolder, type ListedEntry } from '../system/files/folder-walk.ts';

export interface Photograph {
  readonly path: string;
  /** The path below the folder of the set. */
  readonly name: string;
  readonly label: number;
}

export interface PhotographSet {
  readonly folder: string;
  readonly photographs: readonly Photograph[];
  readonly classes: number;
  /** `training`: every name is one of the training set, such as `n01440764_18.JPEG`. */
  readonly names: 'training' | 'validation' | 'other';
  /** What was left out, one line each. */
  readonly remarks: readonly string[];
}

const expected = 'the training photographs of ILSVRC-2012 in folders by synset, such as n01440764/n01440764_18.JPEG';
const synset = /^n\d{8}$/;

/** @throws DataError when there are none, one is of no class or of two, or those of training and validation are mixed */
export function findPhotographs(root: string): PhotographSet {
  const { folder, beside } = trainingFolder(resolve(root));
  const { files, emptyFolders, leftOut } = walkFolder(folder, { expected, isWanted: isImageName, tellOthers: true });
  if (files.length === 0) {
    throw new DataError({
      where: folder,
      got: described(`no .jpg, .jpeg or .png file${leftOut === null ? '' : ` (${leftOut})`}`),
      expected: 'the training photographs of ILSVRC-2012 in folders by synset',
      remedy: leftOut?.includes('.tar')
        ? 'Unpack the inner archives (n01440764.tar, ...) too, or check --data'
        : 'Name the folder of the photographs with --data',
    });
  }
  const names = files.map(({ name }) => name);
  requireReadableImages(folder, names);
  requireOneSet(folder, names);
  requireDistinct(folder, names);
  const synsets = names.map((name) => synsetOf(folder, name));
  const labels = new Map([...new Set(synsets)].sort().map((one, label) => [one, label]));
  return {
    folder,
    photographs: files.map(({ path, name }, i) => ({ path, name, label: labels.get(synsets[i]!)! })),
    classes: labels.size,
    names: kindOf(names),
    remarks: [
      ...(beside.length > 0 ? [`${folder}: taken as the training set; left out beside it: ${beside.join(', ')}`] : []),
      ...(leftOut === null ? [] : [`${folder}: ${leftOut}`]),
      ...emptyRemark(folder, emptyFolders),
    ],
  };
}

/** Whether something that lies in the root of a data set is, or leads to, its photographs. */
export function holdsPhotographs({ name, kind }: ListedEntry): boolean {
  if (kind === 'file') return isImageName(name);
  return kind === 'folder' && (synset.test(name) || steps.some((step) => step.test(name)));
}

/** Names of folders on the way to the training photographs. */
const steps = [/^(train|training|ILSVRC2012_img_train)$/i, /^ILSVRC(2012)?$/i, /^Data$/, /^CLS-LOC$/];

/** Names of folders of the other sets. */
const otherSets = /^(val|valid|validation|test|testing|ILSVRC2012_img_(val|test)\w*)$/i;

/** Goes down as far as the names of the folders say; `beside` are the folders that were passed by. */
function trainingFolder(root: string): { folder: string; beside: string[] } {
  const beside: string[] = [];
  let folder = root;
  for (;;) {
    const entries = listFolder(folder, expected);
    const folders = entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name);
    const found = folders.filter((name) => steps.some((step) => step.test(name)));
    const [next = onlyFolder(folder, entries)] = found;
    if (next === undefined) return { folder, beside };
    const rival = found[1] ?? entries.find((entry) => !found.includes(entry.name) && holdsPhotographs(entry))?.name;
    if (rival !== undefined) {
      throw new DataError({
        where: folder,
        got: described(`${next} and ${rival} side by side`),
        expected: 'one folder of training photographs',
        remedy: 'Name the one that is meant with --data',
      });
    }
    beside.push(...folders.filter((name) => name !== next).map((name) => join(folder, name)));
    folder = join(folder, next);
  }
}

/** A folder in which all else lies: one that was unpacked into another. */
function onlyFolder(folder: string, entries: readonly ListedEntry[]): string | undefined {
  const [only, ...others] = entries.filter(({ kind }) => kind === 'folder');
  if (only === undefined || others.length > 0 || entries.some(holdsPhotographs)) return undefined;
  return synset.test(basename(folder)) || otherSets.test(only.name) ? undefined : only.name;
}

function emptyRemark(folder: string, emptyFolders: readonly string[]): string[] {
  const empty = emptyFolders.filter((name) => synset.test(basename(name)));
  if (empty.length === 0) return [];
  const count = empty.length === 1 ? '1 folder of a class holds' : `${empty.length} folders of classes hold`;
  return [`${folder}: ${count} no photograph, such as ${empty[0]!}: these classes have no label`];
}

/** The synset of a photograph. @throws DataError when its name has none, or two that differ */
function synsetOf(folder: string, name: string): string {
  const above = [basename(folder), ...name.split('/').slice(0, -1)].reverse().find((part) => synset.test(part));
  const own = /^(n\d{8})_/.exec(basename(name))?.[1];
  if (above !== undefined && own !== undefined && above !== own) {
    throw new DataError({
      where: join(folder, name),
      got: described(`a photograph of ${own} in a folder of ${above}`),
      expected: 'the same synset in both names',
      remedy: 'Put it where it belongs, or move it away',
    });
  }
  const found = above ?? own;
  if (found !== undefined) return found;
  const unlabelled = /^ILSVRC2012_(val|test)_/i.exec(basename(name))?.[1]?.toLowerCase();
  const kinds = { val: 'a photograph of validation in no folder of its class', test: 'a photograph of the test set' };
  throw new DataError({
    where: join(folder, name),
    got: described(unlabelled === undefined ? 'a photograph of no class' : kinds[unlabelled as keyof typeof kinds]),
    expected,
    remedy: 'Name the folder of the training photographs with --data, or sort them into folders by synset',
  });
}

function requireOneSet(folder: string, names: readonly string[]): void {
  const first = names.find((name) => !isOfOtherSet(name));
  const other = names.find(isOfOtherSet);
  if (first === undefined || other === undefined) return;
  throw new DataError({
    where: folder,
    got: described(`photographs of training and of validation or test side by side: ${first}, ${other}`),
    expected: 'one of the sets',
    remedy: 'Name the folder of the training photographs with --data, or move the others away',
  });
}

/** The names of the training set are distinct, whatever the folders: one that comes twice is one photograph in two copies. */
function requireDistinct(folder: string, names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const own = basename(name);
    const before = isOfTraining(own) ? seen.get(own) : undefined;
    if (before === undefined) {
      seen.set(own, name);
      continue;
    }
    throw new DataError({
      where: folder,
      got: described(`the same photograph twice: ${before}, ${name}`),
      expected: 'each photograph once',
      remedy: 'Name one of the copies of the set with --data, or move the other away',
    });
  }
}

function kindOf(names: readonly string[]): PhotographSet['names'] {
  if (names.every((name) => isOfTraining(basename(name)))) return 'training';
  return names.every(isOfOtherSet) ? 'validation' : 'other';
}

function isOfTraining(name: string): boolean {
  return /^n\d{8}_\d+\.JPEG$/.test(name);
}

function isOfOtherSet(name: string): boolean {
  const folders = name.split('/').slice(0, -1);
  return folders.some((part) => otherSets.test(part)) || /^ILSVRC2012_(val|test)_/i.test(basename(name));
}
