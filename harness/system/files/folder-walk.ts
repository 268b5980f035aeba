/**
 * @file Walks a user-supplied folder: lists the wanted files in order, and describes what it left out.
 *
 * Links are followed to where they lead, and each real folder is walked once: first by its own name, and by that of a link only where it
 * has no other below the root. A link to a folder above itself is a loop and is not followed. A link to a file counts, unless that file
 * counts by its own name; files outside the root may be linked to by many names, as stores of contents do with equal files. Hidden names (those that begin with a dot, and
 * what file servers and operating systems leave behind), links that lead nowhere, pipes, sockets and devices are left out.
 */
import { diskOf, type Dirent, type Stats } from '../disk.ts';
import { isUtf8 } from 'node:buffer';
import { basename, extname, join, sep } from 'node:path';
import { DataError, described, systemCode } from '../../core/errors.ts';

const { readdirSync, realpathSync, statSync } = diskOf('files/folder-walk');

interface FoundFile {
  readonly path: string;
  /** The path below the root. */
  readonly name: string;
}

export interface WalkedFolder {
  /** Folder by folder and file by file in the order of their names. */
  readonly files: readonly FoundFile[];
  /** Paths below the root of folders that were walked and hold no such file, nor do those below them. */
  readonly emptyFolders: readonly string[];
  /** Such as `left out 3 hidden names, 1 dangling link`; null where nothing was. */
  readonly leftOut: string | null;
}

export interface WalkOptions {
  /** What the folder should hold, for errors: `a folder of PNG images`. */
  readonly expected: string;
  /** Whether a file of this name is looked for. */
  readonly isWanted: (name: string) => boolean;
  /** Whether the files that nobody looks for are told of. */
  readonly tellOthers: boolean;
}

/** @throws DataError in one line when a folder cannot be read, or what is looked for has a name that is not UTF-8 */
export function walkFolder(root: string, options: WalkOptions): WalkedFolder {
  return new Walk(root, options).run();
}

/** Whether a name is left out of every walk. */
export function isHidden(name: string): boolean {
  return name.startsWith('.') || leftBehind.has(name.toLowerCase());
}

/** What macOS, Windows, Linux and the file servers of Synology and QNAP put into folders, in lower case. */
const leftBehind = new Set([
  '__macosx', 'thumbs.db', 'ehthumbs.db', 'desktop.ini', '$recycle.bin', 'system volume information', 'lost+found',
  '@eadir', '@tmp', '@recycle', '#recycle', '#snapshot',
]); // prettier-ignore

/** What lies in a folder itself, without hidden names; a link is what it leads to. `kind` is null for what is neither file nor folder. */
export interface ListedEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | null;
}

/** @param expected as in `WalkOptions` @throws DataError in one line when the folder cannot be read */
export function listFolder(folder: string, expected: string): ListedEntry[] {
  const entries = entriesOf(folder, expected).map((entry) => {
    const name = entry.name.toString('utf8');
    const kind = entry.isSymbolicLink() ? targetOf(join(folder, name), expected) : entry;
    return { name, kind: kind?.isFile() ? 'file' : kind?.isDirectory() ? 'folder' : null } as const;
  });
  return entries.filter(({ name }) => !isHidden(name));
}

/** One thing that is left out, many of it. */
const words = {
  hidden: ['hidden name', 'hidden names'],
  dangling: ['dangling link', 'dangling links'],
  loop: ['link to a folder above it', 'links to folders above them'],
  twice: ['link to a file that counts already', 'links to files that count already'],
  again: ['link to a folder that is walked already', 'links to folders that are walked already'],
  pipe: ['pipe', 'pipes'],
  socket: ['socket', 'sockets'],
  device: ['device', 'devices'],
  other: ['other file', 'other files'],
} as const;

interface Folder {
  readonly path: string;
  readonly name: string;
  /** Its path without links, and those of the folders through which links led to it. */
  readonly real: readonly [string, ...string[]];
  readonly found: (FoundFile | Folder)[];
}

class Walk {
  private readonly root: string;
  private readonly options: WalkOptions;
  private readonly counts = new Map<keyof typeof words, number>();
  private readonly endings = new Set<string>();
  private readonly walked = new Set<string>();
  /** Links to folders, whose own names come first. */
  private links: Folder[] = [];
  private readonly fileLinks = new Set<FoundFile>();

  constructor(root: string, options: WalkOptions) {
    this.root = root;
    this.options = options;
  }

  run(): WalkedFolder {
    const root: Folder = { path: this.root, name: '', real: [realPathOf(this.root, this.options.expected)], found: [] };
    this.enter(root);
    while (this.links.length > 0) {
      const links = this.links;
      this.links = [];
      for (const link of links) {
        if (this.walked.has(link.real[0])) this.count('again');
        else this.enter(link);
      }
    }
    const second = this.secondNames(root);
    const emptyFolders: string[] = [];
    const files = filesOf(root, second, emptyFolders);
    return { files, emptyFolders, leftOut: this.text() };
  }

  /** Links to files that count by their own names. */
  private secondNames(root: Folder): Set<FoundFile> {
    const second = new Set<FoundFile>();
    if (this.fileLinks.size === 0) return second;
    const own = realPathsOf(root, this.fileLinks);
    for (const link of this.fileLinks) {
      if (!own.has(realPathOf(link.path, this.options.expected))) continue;
      second.add(link);
      this.count('twice');
    }
    return second;
  }

  private enter(folder: Folder): void {
    this.walked.add(folder.real[0]);
    for (const entry of entriesOf(folder.path, this.options.expected)) {
      const name = entry.name.toString('utf8');
      if (isHidden(name)) this.count('hidden');
      else if (entry.isFile() && !this.options.isWanted(name)) this.countOther(name);
      else if (isUtf8(entry.name)) this.place(folder, name, entry);
      else throw notUtf8(folder.path, entry.name);
    }
  }

  private place(folder: Folder, name: string, entry: Dirent<Buffer>): void {
    const path = join(folder.path, name);
    const below = folder.name === '' ? name : `${folder.name}/${name}`;
    const linked = entry.isSymbolicLink();
    const kind = linked ? targetOf(path, this.options.expected) : entry;
    if (!kind) this.count('dangling');
    else if (kind.isDirectory()) this.placeFolder(folder, path, below, linked);
    else if (kind.isFIFO()) this.count('pipe');
    else if (kind.isSocket()) this.count('socket');
    else if (!kind.isFile()) this.count('device');
    else if (linked && !this.options.isWanted(name)) this.countOther(name);
    else {
      const file = { path, name: below };
      folder.found.push(file);
      if (linked) this.fileLinks.add(file);
    }
  }

  private placeFolder(folder: Folder, path: string, name: string, linked: boolean): void {
    const [real, ...through] = folder.real;
    if (!linked) {
      const inner: Folder = { path, name, real: [join(real, basename(path)), ...through], found: [] };
      folder.found.push(inner);
      // Below a link there may be folders that another link has led to.
      if (this.walked.has(inner.real[0])) this.count('again');
      else this.enter(inner);
      return;
    }
    const target = realPathOf(path, this.options.expected);
    if (folder.real.some((one) => one === target || one.startsWith(target === sep ? sep : `${target}${sep}`))) {
      this.count('loop');
      return;
    }
    const inner: Folder = { path, name, real: [target, ...folder.real], found: [] };
    folder.found.push(inner);
    this.links.push(inner);
  }

  private count(kind: keyof typeof words): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  private countOther(name: string): void {
    if (!this.options.tellOthers) return;
    this.count('other');
    this.endings.add(extname(name).toLowerCase() || 'no ending');
  }

  private text(): string | null {
    const kinds = (Object.keys(words) as (keyof typeof words)[]).filter((kind) => this.counts.has(kind));
    if (kinds.length === 0) return null;
    const parts = kinds.map((kind) => {
      const count = this.counts.get(kind)!;
      const endings = [...this.endings].sort(byName);
      const shown = `${endings.slice(0, 3).join(', ')}${endings.length > 3 ? ' ...' : ''}`;
      return `${count} ${words[kind][count === 1 ? 0 : 1]}${kind === 'other' ? ` (${shown})` : ''}`;
    });
    return `left out ${parts.join(', ')}`;
  }
}

/** The files below a folder but for those left out; the names of the folders that hold none are added to `empty`. */
function filesOf(root: Folder, leftOut: ReadonlySet<FoundFile>, empty: string[]): FoundFile[] {
  const files: FoundFile[] = [];
  const collect = (one: FoundFile | Folder): void => {
    if (!('found' in one)) {
      if (!leftOut.has(one)) files.push(one);
      return;
    }
    const before = files.length;
    one.found.forEach(collect);
    if (files.length === before && one !== root) empty.push(one.name);
  };
  collect(root);
  return files;
}

/** The paths without links of the files that lie below a folder by their own names. */
function realPathsOf(root: Folder, links: ReadonlySet<FoundFile>): Set<string> {
  const paths = new Set<string>();
  const collect = ({ found, real }: Folder): void => {
    for (const one of found) {
      if ('found' in one) collect(one);
      else if (!links.has(one)) paths.add(join(real[0], basename(one.path)));
    }
  };
  collect(root);
  return paths;
}

function entriesOf(path: string, expected: string): Dirent<Buffer>[] {
  try {
    return readdirSync(path, { withFileTypes: true, encoding: 'buffer' }).sort((a, b) =>
      byName(String(a.name), String(b.name)),
    );
  } catch (thrown) {
    throw unreadable(path, expected, thrown);
  }
}

/** Undefined for a link that leads nowhere. */
function targetOf(path: string, expected: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (thrown) {
    if (['ENOENT', 'ELOOP', 'ENOTDIR'].includes(systemCode(thrown) ?? '')) return undefined;
    throw unreadable(path, expected, thrown);
  }
}

function realPathOf(path: string, expected: string): string {
  try {
    return realpathSync(path);
  } catch (thrown) {
    throw unreadable(path, expected, thrown);
  }
}

function unreadable(path: string, expected: string, cause: unknown): DataError {
  const code = systemCode(cause) ?? 'unknown error';
  const remedy =
    code === 'EACCES' || code === 'EPERM' ? 'Change its permissions, or name another folder' : 'Check the path';
  const got = described(`something that cannot be read (${code})`);
  return new DataError({ where: path, got, expected, remedy }, { cause });
}

/** By UTF-16 code units, whatever the language of the machine. */
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The name as the shell writes it: `\xe9t\xe9.png`. */
function notUtf8(folder: string, name: Buffer): DataError {
  const letter = (byte: number): string =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  return new DataError({
    where: folder,
    got: described(`a name that is not UTF-8, "${[...name].map(letter).join('')}"`),
    expected: 'names in UTF-8',
    remedy: 'Rename it, or move it away',
  });
}
