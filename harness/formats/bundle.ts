/**
 * @file Bundles: files with their hashes, as a folder or a `.tar`, for a machine without a network.
 *
 * `bundle.json` comes first and lists every other file with bytes and sha256. A file gets its place only after both agree.
 */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { DataError, described } from '../core/errors.ts';
import { asJson } from '../core/record.ts';
import { formatBytes } from '../core/units.ts';
import { temporaryName } from '../system/files/atomic-file.ts';
import { sha256OfFile } from '../system/files/file-hash.ts';
import { exists, isFolder, makeFolder, move, namesIn, remove, sizeOf, writePieces } from '../system/files/files.ts';
import { headOfInput, piecesOfInput, readText } from '../system/files/input-file.ts';
import { openInput } from '../system/files/open-file.ts';
import { Progress, type Output } from '../system/progress.ts';
import { headBytes, signatureOf } from './signature.ts';
import { streamTar, tarPieces, tarPlaces, type StreamedMember, type TarEntry } from './tar.ts';

const indexName = 'bundle.json';
/** An index of a thousand files has a fifth of this. */
const mostIndexBytes = 1 << 20;

const indexSchema = z.strictObject({
  schema: z.literal('consistency-harness/bundle@1'),
  kind: z.enum(['engine', 'data']),
  /** For the person: `TensorFlow 2.21.0 for the CPU`. */
  title: z.string(),
  files: z.array(
    z.strictObject({
      // No part begins with a dot, so that none leads out of the folder.
      name: z.string().regex(/^[\w+-][\w.+-]*(\/[\w+-][\w.+-]*)*$/),
      bytes: z.int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

export type BundleIndex = Readonly<z.infer<typeof indexSchema>>;
export type BundleKind = BundleIndex['kind'];
export type BundledFile = BundleIndex['files'][number];

/** A file to be bundled: its name in the bundle and where it lies. */
export interface BundleSource {
  readonly name: string;
  readonly path: string;
}

export interface BundleContext {
  readonly output: Output;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Writes a bundle: an archive where `out` ends in `.tar`, else a folder. It appears whole or not at all.
 * @throws DataError when `out` exists, a file cannot be read, or the disk is full
 */
export async function writeBundle(
  out: string,
  {
    kind,
    title,
    files,
  }: { readonly kind: BundleKind; readonly title: string; readonly files: readonly BundleSource[] },
  context: BundleContext,
): Promise<BundleIndex> {
  requireFree(out);
  const total = files.reduce((sum, { path }) => sum + sizeOf(path), 0);
  const reading = watch(`reading ${title}`, total, context);
  const listed: BundledFile[] = [];
  for (const { name, path } of files) {
    listed.push({ name, bytes: sizeOf(path), sha256: await sha256OfFile(path, reading.onBytes) });
  }
  reading.finish();
  const index = indexSchema.parse({ schema: 'consistency-harness/bundle@1', kind, title, files: listed });
  const text = Buffer.from(`${JSON.stringify(index, null, 2)}\n`);
  const writing = watch(`writing ${out}`, total, context);
  const temporary = temporaryName(out);
  try {
    const entries: TarEntry[] = [
      { name: indexName, bytes: text.length, pieces: () => once(text) },
      ...files.map(({ name, path }, i) => ({
        name,
        bytes: listed[i]!.bytes,
        pieces: () => counted(piecesOfInput(path, 'a file'), writing.onBytes),
      })),
    ];
    if (isArchive(out)) await writePieces(temporary, tarPieces(entries));
    else for (const { name, pieces } of entries) await writePieces(join(temporary, name), pieces());
    move(temporary, out);
  } finally {
    remove(temporary);
  }
  writing.finish();
  return index;
}

/** @throws DataError when it is no bundle of that kind */
export async function readBundleIndex(path: string, kind: BundleKind): Promise<BundleIndex> {
  if (isFolder(path)) {
    const file = join(path, indexName);
    if (!exists(file)) throw notABundle(path, kind, `a folder without ${indexName}`);
    return parsedIndex(path, kind, readText(file));
  }
  for await (const member of streamTar(path)) {
    if (member.name === indexName) return parsedIndex(path, kind, await textOf(path, kind, member));
    break;
  }
  throw notABundle(path, kind, `an archive that does not begin with ${indexName}`);
}

/**
 * Brings the files of a bundle to their places; what lies in a place with the right content is kept.
 * @param place where a file belongs; undefined: it is not wanted
 * @throws DataError when a file is missing, cut, or has another hash than the index says; what was placed before it stays
 */
export async function unpackBundle(
  path: string,
  index: BundleIndex,
  place: (file: BundledFile) => string | undefined,
  context: BundleContext,
): Promise<void> {
  const wanted = new Map<string, { readonly file: BundledFile; readonly target: string }>();
  for (const file of index.files) {
    const target = place(file);
    if (target !== undefined && !(await isThere(target, file))) wanted.set(file.name, { file, target });
  }
  const total = [...wanted.values()].reduce((sum, { file }) => sum + file.bytes, 0);
  const progress = watch(`unpacking ${index.title}`, total, context);
  for await (const { name, pieces } of membersOf(path, [...wanted.keys()])) {
    const want = wanted.get(name);
    if (!want) continue;
    await placeFile(path, want.file, want.target, counted(pieces(), progress.onBytes));
    wanted.delete(name);
  }
  const [missing] = wanted.keys();
  if (missing !== undefined) throw damaged(path, `no ${missing}`, `the file that ${indexName} lists`);
  progress.finish();
}

/** Where the bytes of a bundled file lie, in a file of their own or in the archive. */
interface BundledPlace {
  readonly path: string;
  readonly start: number;
  readonly bytes: number;
  /**
   * Reads the bytes once and compares them with the hash of the index; nothing else should be made of them before.
   * @throws DataError when the hash is another one
   */
  readonly verify: (signal: AbortSignal) => Promise<void>;
}

/**
 * Where the named files of a bundle lie, so that they can be read without being unpacked.
 * @returns undefined for a compressed archive, which has no such places
 * @throws DataError when a file is missing or cut
 */
export function bundledPlaces(path: string, files: readonly BundledFile[]): BundledPlace[] | undefined {
  const known = placesOf(
    path,
    files.map(({ name }) => name),
  );
  return (
    known &&
    files.map((file) => {
      const place = known.get(file.name);
      if (!place) throw damaged(path, `no ${file.name}`, `the file that ${indexName} lists`);
      if (place.bytes !== file.bytes)
        throw damaged(path, `${file.name} of ${place.bytes} bytes`, `${file.bytes} bytes`);
      return { ...place, verify: (signal) => requireSame(path, file, place, signal) };
    })
  );
}

async function requireSame(
  bundle: string,
  { name, sha256 }: BundledFile,
  place: Stretch,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash('sha256');
  for await (const piece of piecesAt(place)) {
    signal.throwIfAborted();
    hash.update(piece);
  }
  const got = hash.digest('hex');
  if (got !== sha256) throw damaged(bundle, `${name} with sha256 ${got}`, `sha256 ${sha256}`);
}

type Stretch = Omit<BundledPlace, 'verify'>;

/** Where the named files lie, as far as they are there; undefined in a compressed archive. */
function placesOf(path: string, names: readonly string[]): Map<string, Stretch> | undefined {
  if (!isFolder(path)) {
    if (signatureOf(headOfInput(path, 'a bundle', headBytes)) !== 'a tar archive') return undefined;
    return new Map(tarPlaces(path).map(({ name, start, bytes }) => [name, { path, start, bytes }]));
  }
  const own = names.map((name) => [name, join(path, name)] as const).filter(([, file]) => exists(file));
  return new Map(own.map(([name, file]) => [name, { path: file, start: 0, bytes: sizeOf(file) }]));
}

async function* piecesAt({ path, start, bytes }: Stretch): AsyncGenerator<Uint8Array, void> {
  const file = openInput(path, 'a file of the bundle');
  try {
    yield* file.pieces(start, start + bytes);
  } finally {
    file.close();
  }
}

async function isThere(target: string, { bytes, sha256 }: BundledFile): Promise<boolean> {
  return exists(target) && sizeOf(target) === bytes && (await sha256OfFile(target)) === sha256;
}

async function* membersOf(
  path: string,
  names: readonly string[],
): AsyncGenerator<Pick<StreamedMember, 'name' | 'pieces'>, void> {
  const places = placesOf(path, names);
  if (!places) yield* streamTar(path);
  for (const name of names) {
    const place = places?.get(name);
    if (place) yield { name, pieces: () => piecesAt(place) };
  }
}

async function placeFile(
  bundle: string,
  file: BundledFile,
  target: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  const hashed = async function* (): AsyncGenerator<Uint8Array, void> {
    for await (const piece of pieces) {
      bytes += piece.length;
      hash.update(piece);
      yield piece;
    }
  };
  makeFolder(dirname(target));
  const temporary = temporaryName(target);
  try {
    await writePieces(temporary, hashed());
    if (bytes !== file.bytes) throw damaged(bundle, `${file.name} of ${bytes} bytes`, `${file.bytes} bytes`);
    const sha256 = hash.digest('hex');
    if (sha256 !== file.sha256) throw damaged(bundle, `${file.name} with sha256 ${sha256}`, `sha256 ${file.sha256}`);
    move(temporary, target);
  } finally {
    remove(temporary);
  }
}

function parsedIndex(path: string, kind: BundleKind, text: string): BundleIndex {
  const got = asJson(text);
  const { schema, kind: other } = (got ?? {}) as { readonly schema?: unknown; readonly kind?: unknown };
  const [, version] = typeof schema === 'string' ? (/^consistency-harness\/bundle@(\d+)$/.exec(schema) ?? []) : [];
  if (version !== undefined && version !== '1') throw notABundle(path, kind, `a bundle of format ${version}`);
  const parsed = indexSchema.safeParse(got);
  if (!parsed.success) throw notABundle(path, kind, `a damaged ${indexName}`);
  if (other !== kind) throw notABundle(path, kind, `a bundle of ${other === 'data' ? 'data' : 'the engine'}`);
  return parsed.data;
}

async function textOf(path: string, kind: BundleKind, { bytes, pieces }: StreamedMember): Promise<string> {
  if (bytes > mostIndexBytes) throw notABundle(path, kind, `a damaged ${indexName}`);
  const all: Uint8Array[] = [];
  for await (const piece of pieces()) all.push(piece);
  return Buffer.concat(all).toString('utf8');
}

function requireFree(out: string): void {
  if (!exists(out) || (isFolder(out) && namesIn(out).length === 0)) return;
  throw new DataError({
    where: out,
    got: described(isFolder(out) ? 'a folder with something in it' : 'a file'),
    expected: 'a name that is free',
    remedy: 'Name another file or folder with --out, or remove it',
  });
}

function isArchive(path: string): boolean {
  return path.endsWith('.tar');
}

function notABundle(path: string, kind: BundleKind, got: string): DataError {
  return new DataError({
    where: path,
    got: described(got),
    expected: `a bundle of ${kind === 'data' ? 'data' : 'the engine'}, of format 1`,
    remedy: `Make one on a machine with a network: npm run ${kind} -- bundle --out <file.tar>`,
  });
}

function damaged(path: string, got: string, expected: string): DataError {
  return new DataError({
    where: path,
    got: described(got),
    expected,
    remedy: 'Copy the bundle again, or make it anew',
  });
}

function watch(label: string, total: number, { output, clock, signal }: BundleContext) {
  const progress = new Progress(output, clock, { label, total, unit: '', format: formatBytes });
  let done = 0;
  return {
    onBytes: (bytes: number): void => {
      signal?.throwIfAborted();
      progress.update((done += bytes));
    },
    finish: (): void => progress.finish(),
  };
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void> {
  for await (const piece of pieces) {
    onBytes(piece.length);
    yield piece;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield await Promise.resolve(bytes);
}
