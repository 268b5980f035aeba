/** @file Embeds sample grids in a page up to its size limit, each checked against the hash in its result. */
import { join } from 'node:path';
import { ResultError, described } from '../../../core/errors.ts';
import { sha256 } from '../../../core/hash.ts';
import type { ResultFile } from '../../../results/schema.ts';
import { readInput } from '../../../system/files/input-file.ts';
import { hashText } from '../../words/numbers.ts';

/** Bytes of PNG that are embedded in one page; base64 adds a third, and the page stays below 3 MB. */
const embeddedBytes = 1_900_000;

/** Where a grid stands among its like, for the page's script; `browser/gallery.ts` goes from one to another. */
interface GridView {
  readonly group: string;
  readonly seed: number;
  readonly step: number;
  /** What an enlarged grid is called. */
  readonly caption: string;
}

export interface GridImage {
  readonly label: string;
  readonly series: number | null;
  readonly alt: string;
  /** A data URI; null beyond the budget, when only the path and hash are shown. */
  readonly source: string | null;
  readonly width: number;
  readonly height: number;
  readonly path: string;
  readonly sha256: string;
  readonly view: GridView;
}

/** Embeds the grids of one page, in the order in which they are asked for. */
export class GridEmbedder {
  private readonly folder: string;
  private budget = embeddedBytes;

  /** @param folder of the run, which the paths begin at */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws ResultError when the grid was changed since the results were read */
  embed(path: string, file: ResultFile, about: Pick<GridImage, 'label' | 'series' | 'alt' | 'view'>): GridImage {
    const bytes = readInput(join(this.folder, path), 'a grid of samples');
    if (sha256(bytes) !== file.sha256) {
      throw new ResultError({
        where: join(this.folder, path),
        got: described('content that was changed after it was written'),
        expected: `sha256 ${file.sha256}`,
        remedy: 'Restore the file, or move the cell folder away and run the cell again',
      });
    }
    const fits = bytes.length <= this.budget;
    if (fits) this.budget -= bytes.length;
    return {
      ...about,
      ...pngSize(bytes),
      source: fits ? `data:image/png;base64,${bytes.toString('base64')}` : null,
      path,
      sha256: hashText(file.sha256),
    };
  }
}

/** Width and height stand at fixed places of a PNG: the first chunk is its header. */
function pngSize(bytes: Buffer): { readonly width: number; readonly height: number } {
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}
