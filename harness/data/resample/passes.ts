/**
 * @file Runs the passes of a resizing on images in the memory of a WebAssembly module.
 *
 * Its vectors take four products at a time, where JavaScript takes one.
 */
import { join } from 'node:path';
import type { RgbImage } from '../../formats/image.ts';
import { readText } from '../../system/files/input-file.ts';
import { fractionBits, half, pairsAndOthers, sourceRange, type Coefficients, type Range } from './coefficients.ts';

/** A rectangle of an image. */
export interface Window {
  readonly columns: Range;
  readonly rows: Range;
}

/** The pixels of a window of an image, row by row in the memory of the passes. */
export interface Part extends Window {
  readonly address: number;
}

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}

/** A module that is checked and compiled. */
type Module = object;

/** As much of the standard's as is used here: TypeScript knows it only beside everything that a browser has. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => Module;
  readonly Instance: new (module: Module, imports: object) => { readonly exports: object };
};

/** What `passes.wat` exports; every parameter is a number of bytes, pixels or rows, or an address. */
interface Exports {
  readonly memory: Memory;
  across(
    source: number,
    stride: number,
    rows: number,
    target: number,
    columns: number,
    first: number,
    begin: number,
    weights: number,
  ): void;
  down(
    source: number,
    stride: number,
    width: number,
    target: number,
    rows: number,
    first: number,
    begin: number,
    weights: number,
  ): void;
  halve(upper: number, lower: number, target: number, pixels: number): void;
}

const pageBytes = 2 ** 16;
/** What may be read and written behind an image, and then some, so that images begin at whole vectors. */
const marginBytes = 48;

let opened: Promise<Passes> | undefined;

/** The passes, assembled at first use. */
export function openPasses(): Promise<Passes> {
  return (opened ??= assemble().then((module) => new Passes(module)));
}

async function assemble(): Promise<Module> {
  const { default: openWabt } = await import('wabt');
  const file = 'passes.wat';
  const text = readText(join(import.meta.dirname, file), 'the inner loops of resizing');
  const parsed = (await openWabt()).parseWat(file, text, { simd: true });
  try {
    parsed.validate();
    return new WebAssembly.Module(Uint8Array.from(parsed.toBinary({}).buffer));
  } finally {
    parsed.destroy();
  }
}

/** Parts stay until `clear`. */
export class Passes {
  private readonly exports: Exports;
  private end = 0;

  constructor(module: Module) {
    this.exports = new WebAssembly.Instance(module, { weights: { fractionBits, half } }).exports as Exports;
  }

  /** Forgets every part; the memory stays as large as the largest image made it. */
  clear(): void {
    this.end = 0;
  }

  /** @param source the part of the image that positions are counted from, of which `rows` are taken whole */
  load({ width, data }: RgbImage, source: Window, rows: Range): Part {
    const columns = { from: 0, to: source.columns.to - source.columns.from };
    const part = this.reserve({ columns, rows });
    const [stride, bytes] = [strideOf(part), this.bytes()];
    for (let y = rows.from, to = part.address; y < rows.to; y++, to += stride) {
      const from = ((source.rows.from + y) * width + source.columns.from) * 3;
      bytes.set(data.subarray(from, from + stride), to);
    }
    return part;
  }

  /** The pixels of a window of a part, in memory of their own. */
  pixels(part: Part, window: Window): Uint8Array {
    const [stride, bytes] = [strideOf(window), this.bytes()];
    const pixels = new Uint8Array(stride * heightOf(window));
    for (let y = window.rows.from, to = 0; y < window.rows.to; y++, to += stride) {
      const from = addressOf(part, window.columns.from, y);
      pixels.set(bytes.subarray(from, from + stride), to);
    }
    return pixels;
  }

  /** Along rows. @param window of the output; its rows are the part's */
  across(part: Part, coefficients: Coefficients | null, window: Window): Part {
    if (coefficients === null) return part;
    const { first, begin, weights } = this.place(coefficients, window.columns);
    const target = this.reserve(window);
    const source = addressOf(part, 0, window.rows.from);
    const columns = window.columns.to - window.columns.from;
    this.exports.across(source, strideOf(part), heightOf(window), target.address, columns, first, begin, weights);
    return target;
  }

  /** Along columns. @param window of the output; its columns are among the part's */
  down(part: Part, coefficients: Coefficients | null, window: Window): Part {
    if (coefficients === null) return part;
    const { first, begin, weights } = this.place(coefficients, window.rows);
    const target = this.reserve(window);
    const source = addressOf(part, window.columns.from, 0);
    const [stride, width] = [strideOf(part), strideOf(window)];
    this.exports.down(source, stride, width, target.address, heightOf(window), first, begin, weights);
    return target;
  }

  /**
   * Both passes of a halving, the one along rows first, without the image between them: the rounded mean of two is rounded again with the
   * one below. An odd side has a position in its middle that may cover three; there the weights are applied.
   * @param window of the output
   */
  halve(part: Part, across: Coefficients, down: Coefficients, window: Window): Part {
    const target = this.reserve(window);
    const columns = pairsAndOthers(across, window.columns);
    const rows = pairsAndOthers(down, window.rows);
    const stride = strideOf(part);
    // In the order of addresses: what one run writes behind its end is overwritten by what comes next.
    for (const { from: top, to: bottom } of rows.pairs) {
      for (let y = top; y < bottom; y++) {
        for (const { from, to } of columns.pairs) {
          const upper = addressOf(part, across.first[from]!, down.first[y]!);
          this.exports.halve(upper, upper + stride, addressOf(target, from, y), to - from);
        }
      }
    }
    const weigh = (cell: Window): void => {
      const between = this.across(part, across, { columns: cell.columns, rows: sourceRange(down, cell.rows) });
      this.paste(this.down(between, down, cell), target);
    };
    for (const column of columns.others) weigh({ columns: column, rows: window.rows });
    for (const row of rows.others) weigh({ columns: window.columns, rows: row });
    return target;
  }

  private paste(cell: Part, target: Part): void {
    const [stride, bytes] = [strideOf(cell), this.bytes()];
    for (let y = cell.rows.from; y < cell.rows.to; y++) {
      const from = addressOf(cell, cell.columns.from, y);
      bytes.copyWithin(addressOf(target, cell.columns.from, y), from, from + stride);
    }
  }

  private reserve(window: Window): Part {
    return { ...window, address: this.allocate(strideOf(window) * heightOf(window)) };
  }

  /** @returns addresses of what is wanted of them: `first` and `begin` of the first position of the range */
  private place(
    { first, begin, weights }: Coefficients,
    { from }: Range,
  ): Record<'first' | 'begin' | 'weights', number> {
    const address = this.allocate((first.length + begin.length + weights.length) * 4);
    const words = new Int32Array(this.exports.memory.buffer, address, first.length + begin.length + weights.length);
    words.set(first);
    words.set(begin, first.length);
    words.set(weights, first.length + begin.length);
    return {
      first: address + from * 4,
      begin: address + (first.length + from) * 4,
      weights: address + (first.length + begin.length) * 4,
    };
  }

  private allocate(bytes: number): number {
    const address = this.end;
    this.end = Math.ceil((address + bytes + marginBytes) / 16) * 16;
    const { memory } = this.exports;
    const missing = this.end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    return address;
  }

  /** Of now: a memory that grows leaves earlier views without bytes. */
  private bytes(): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer);
  }
}

function strideOf({ columns }: Window): number {
  return (columns.to - columns.from) * 3;
}

function heightOf({ rows }: Window): number {
  return rows.to - rows.from;
}

/** Of a pixel; of none, and then only to add to, where the position lies outside. */
function addressOf(part: Part, column: number, row: number): number {
  return part.address + (row - part.rows.from) * strideOf(part) + (column - part.columns.from) * 3;
}
