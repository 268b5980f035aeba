/**
 * @file Extracts features by all ranks of a cell, with the rows of one process.
 *
 * Rank r takes pass r of every round of passes. Rank 0 sends the images and has all rows back.
 */
import { allGather, allToAll } from '../../../engine/ops.ts';
import type { ExtractedBatch, FeatureExtractor, Spread } from '../../../metrics/features/extractor.ts';
import type { Ranks } from '../../../ranks/join.ts';
import { exchange } from './exchange.ts';
import type { ExtractRequest, Request } from './request.ts';

/** Above the numbers of the sampler's exchanges. */
const firstInstance = 2_000_000;

/** The extractors of rank 0, which let the others work too. */
export function spreadOver(ranks: Ranks): Spread {
  let opened = 0;
  const tell = (request: Request): void => ranks.team.tell(request);
  return (own) => {
    const number = opened++;
    const { identity, outputs } = own;
    const { extractor, extractorSha256 } = identity;
    tell({ open: { number, extractor, extractorSha256, outputs } });
    return {
      identity,
      widths: own.widths,
      batchImages: own.batchImages,
      imagesAtOnce: own.batchImages * ranks.team.ranks,
      outputs,
      extract: (pixels, height, width) => {
        const request = { number, images: pixels.length / (height * width * 3), height, width };
        tell({ extract: request });
        return extractShare(own, ranks, request, pixels);
      },
      close: () => own.close(),
    };
  };
}

/** Images of a request that a rank extracts. @param pass images of a pass */
export function imagesOf(rank: number, pass: number, images: number): number {
  return Math.max(0, Math.min(pass, images - rank * pass));
}

/**
 * Extracts this rank's share of a request.
 * @param pixels those of rank 0, uint8[images,height,width,3]; empty elsewhere
 * @returns the rows of all ranks
 */
export function extractShare(
  own: FeatureExtractor,
  ranks: Ranks,
  { number, images, height, width }: ExtractRequest,
  pixels: Uint8Array = new Uint8Array(0),
): ExtractedBatch {
  const { group, team } = ranks;
  const { rank, ranks: processes } = team;
  const { batchImages: pass } = own;
  const imageNumbers = height * width * 3;
  // A number belongs to one kind of exchange of one shape.
  const instance = firstInstance + 2 * number;
  const sent = new Float32Array(processes * pass * imageNumbers);
  sent.set(pixels);
  const received = exchange(ranks, sent, [processes, pass * imageNumbers], (x) => allToAll(x, group, instance));
  const count = imagesOf(rank, pass, images);
  const table = tableOf(own);
  const rows = new Float32Array(table.numbers);
  if (count > 0) {
    const batch = own.extract(Uint8Array.from(received.subarray(0, count * imageNumbers)), height, width);
    for (const { output, at } of table.columns) rows.set(batch[output]!, at);
  }
  const all = exchange(ranks, rows, [rows.length], (x) => allGather(x, group, instance + 1));
  const ofAll = ({ at, numbers, width: columns }: Columns): Float32Array => {
    const values = new Float32Array(processes * numbers);
    for (let r = 0; r < processes; r++)
      values.set(all.subarray(r * rows.length + at).subarray(0, numbers), r * numbers);
    return values.slice(0, images * columns);
  };
  return Object.assign({}, ...table.columns.map((columns) => ({ [columns.output]: ofAll(columns) }))) as ExtractedBatch;
}

interface Columns {
  readonly output: keyof ExtractedBatch;
  readonly width: number;
  /** Where the rows of a pass begin among the numbers that a rank sends. */
  readonly at: number;
  readonly numbers: number;
}

/** How a rank lays out the rows of a pass: one output behind the other. */
function tableOf({ outputs, widths, batchImages }: FeatureExtractor): { columns: readonly Columns[]; numbers: number } {
  const columns: Columns[] = [];
  let at = 0;
  for (const output of ['pool', ...outputs] as const) {
    const width = widths[output]!;
    const numbers = batchImages * width;
    columns.push({ output, width, at, numbers });
    at += numbers;
  }
  return { columns, numbers: at };
}
