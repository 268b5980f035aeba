/** @file Reads and writes NumPy archives (`.npz`): named arrays in a ZIP archive, whole or in blocks of rows. */
import { DataError, described } from '../core/errors.ts';
import { nearestNames } from '../core/suggest.ts';
import { decodeElements, decodeNpy, encodeNpy, npyDataOffset, npyPrefixBytes, parseNpyHeader } from './npy.ts';
import type { NpyArray, NpyHeader, WritableNpyArray } from './npy.ts';
import { writeZip } from './zip-writer.ts';
import { ZipFile } from './zip.ts';

/** Consecutive rows (first index) of an array. */
export interface NpyRows {
  readonly first: number;
  readonly rows: NpyArray;
}

/** An open archive: only the arrays that are asked for are read, so that an unknown or unsafe one beside them does no harm. */
export class NpzFile {
  readonly path: string;
  /** Names of the arrays, without `.npy`, in the order of the archive; where no member ends so, all of them may be arrays. */
  readonly names: readonly string[];
  private readonly zip: ZipFile;

  /** @throws DataError when the file is missing, no ZIP archive, or cut short. */
  constructor(path: string) {
    this.path = path;
    this.zip = new ZipFile(path);
    const members = [...this.zip.members.keys()].filter((name) => !name.endsWith('/'));
    const arrays = members.filter((name) => name.endsWith('.npy')).map((name) => name.slice(0, -4));
    this.names = arrays.length > 0 ? arrays : members;
  }

  close(): void {
    this.zip.close();
  }

  has(name: string): boolean {
    return this.zip.members.has(`${name}.npy`) || this.names.includes(name);
  }

  /** @throws DataError naming the file and the array when it is absent, damaged, pickled, or not what its header promises. */
  read(name: string): NpyArray {
    const member = this.member(name);
    return decodeNpy(this.where(name), this.zip.read(member));
  }

  /** Type and shape, without reading the elements. */
  async header(name: string): Promise<NpyHeader> {
    const { header, close } = await this.begin(name);
    await close();
    return header;
  }

  /**
   * The array in blocks of at most `rowsPerBlock` rows, without holding more than one block; the CRC-32 is checked with the last.
   * An array in Fortran order has no rows that lie together: it is read whole and comes as one block.
   */
  async *rows(name: string, rowsPerBlock: number): AsyncGenerator<NpyRows, void> {
    const { header, pieces, begun, close } = await this.begin(name);
    const [count = 1, ...rest] = header.shape;
    if (header.fortranOrder) {
      await close();
      yield { first: 0, rows: this.read(name) };
      return;
    }
    const rowBytes = rest.reduce((product, size) => product * size, header.bytesPerElement);
    const promised = this.zip.members.get(this.member(name))!.bytes;
    if (promised !== header.dataOffset + header.dataBytes) {
      await close();
      throw new DataError({
        where: this.where(name),
        got: described(`${promised - header.dataOffset} bytes of elements`),
        expected: `${header.dataBytes} bytes for ${header.dtype}[${header.shape.join(',')}]`,
        remedy: 'Fetch or write the file again',
      });
    }
    let first = 0;
    let block = new Uint8Array(Math.min(rowsPerBlock, count) * rowBytes);
    let filled = 0;
    for await (const piece of following(begun, pieces)) {
      for (let at = 0; at < piece.length;) {
        const taken = piece.subarray(at, at + block.length - filled);
        block.set(taken, filled);
        filled += taken.length;
        at += taken.length;
        if (filled < block.length) continue;
        const rows = block.length / rowBytes;
        yield { first, rows: decodeElements(this.where(name), header, [rows, ...rest], block) };
        first += rows;
        block = new Uint8Array(Math.min(rowsPerBlock, count - first) * rowBytes);
        filled = 0;
      }
    }
  }

  /** Reads as far as the end of the header; `begun` are the first elements, which came with it. */
  private async begin(name: string): Promise<{
    header: NpyHeader;
    begun: Uint8Array;
    pieces: AsyncGenerator<Uint8Array, void>;
    close: () => Promise<void>;
  }> {
    const where = this.where(name);
    const pieces = this.zip.stream(this.member(name));
    const close = async (): Promise<void> => {
      await pieces.return();
    };
    let head: Uint8Array = new Uint8Array(0);
    try {
      while (head.length < npyPrefixBytes || head.length < npyDataOffset(where, head)) {
        const next = await pieces.next();
        if (next.done) break;
        head = Buffer.concat([head, next.value]);
      }
      const header = parseNpyHeader(where, head);
      return { header, begun: head.subarray(header.dataOffset), pieces, close };
    } catch (thrown) {
      await close();
      throw thrown;
    }
  }

  private member(name: string): string {
    if (this.has(name)) return this.zip.members.has(`${name}.npy`) ? `${name}.npy` : name;
    const near = nearestNames(name, this.names);
    throw new DataError({
      where: this.path,
      got: described(
        `no array "${name}" among ${this.names.length > 0 ? this.names.join(', ') : 'its members (it has no arrays)'}`,
      ),
      expected: `an array "${name}"`,
      remedy: near.length > 0 ? `Did you mean "${near[0]!}"` : 'Check that this is the right file',
    });
  }

  private where(name: string): string {
    return `${this.path}, array "${name}"`;
  }
}

/** Reads the named arrays of an archive. @throws DataError as `NpzFile`. */
export function readNpz(path: string, names: readonly string[]): Map<string, NpyArray> {
  const file = new NpzFile(path);
  try {
    return new Map(names.map((name) => [name, file.read(name)]));
  } finally {
    file.close();
  }
}

/** Writes arrays as `numpy.savez` (or, with `deflate`, `numpy.savez_compressed`) lays them out, atomically and without dates. */
export function writeNpz(
  path: string,
  arrays: Iterable<readonly [name: string, array: WritableNpyArray]>,
  options: { readonly deflate?: boolean } = {},
): void {
  const members = [...arrays].map(([name, array]) => [`${name}.npy`, encodeNpy(array)] as const);
  writeZip(path, members, options.deflate ?? false);
}

async function* following(
  begun: Uint8Array,
  pieces: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void> {
  yield begun;
  yield* pieces;
}
