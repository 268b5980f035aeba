/** @file Kind `streaming-moments`: mean and covariance for each listed split, order and merge of the rows. */
import { isRecord } from '../../../core/record.ts';
import { described } from '../../../core/errors.ts';
import { toFloat64 } from '../../../formats/safetensors.ts';
import { memoryRows } from '../../../metrics/features/rows.ts';
import { MomentsAccumulator, momentsOf } from '../../../metrics/linalg/moments.ts';
import { typescriptAlgebra } from '../../../metrics/linalg/typescript.ts';
import { MalformedCaseError, configNumber, tensorOf, type ConformanceCase } from '../../case.ts';
import { hashUniform } from '../../networks/hash-inputs.ts';
import type { Produced } from '../../judge/judge-values.ts';
import type { MetricKind } from '../kind.ts';

export const kind: MetricKind = {
  needsEngine: false,
  partsOf: (reference) => runsOf(reference).map((run) => ({ name: run.name, produce: () => measure(reference, run) })),
};

interface Run {
  readonly name: string;
  /** Start offsets of the chunks and the number of rows. */
  readonly bounds: readonly number[] | undefined;
  readonly pairwise: boolean;
  readonly order: string | undefined;
}

function runsOf(reference: ConformanceCase): Run[] {
  const runs = reference.config.runs;
  if (!Array.isArray(runs)) return [{ name: 'all rows', bounds: undefined, pairwise: false, order: undefined }];
  return runs.filter(isRecord).map((run) => ({
    name: String(run.name),
    bounds: Array.isArray(run.chunk_bounds) ? run.chunk_bounds.map(Number) : undefined,
    pairwise: run.merge === 'pairwise',
    order: isRecord(run.row_order) ? String(run.row_order.tensor) : undefined,
  }));
}

function measure(reference: ConformanceCase, { bounds, pairwise, order }: Run): Produced {
  const { rows, d } = input(reference);
  if (!bounds) return produced(momentsOf(memoryRows(rows, d), typescriptAlgebra));
  const ordered = order === undefined ? rows : permuted(rows, d, toFloat64(tensorOf(reference, order)));
  const chunks: MomentsAccumulator[] = [];
  for (let c = 0; c + 1 < bounds.length; c++) {
    const chunk = new MomentsAccumulator(d, typescriptAlgebra);
    chunk.add(ordered.subarray(bounds[c]! * d, bounds[c + 1]! * d));
    chunks.push(chunk);
  }
  return produced((pairwise ? mergedInPairs(chunks) : mergedInOrder(chunks)).finish());
}

function mergedInOrder([first, ...others]: MomentsAccumulator[]): MomentsAccumulator {
  if (!first) throw noChunks();
  for (const other of others) first.merge(other);
  return first;
}

function mergedInPairs(chunks: MomentsAccumulator[]): MomentsAccumulator {
  let level = chunks;
  while (level.length > 1) {
    const next: MomentsAccumulator[] = [];
    for (let i = 0; i < level.length; i += 2) next.push(mergedInOrder(level.slice(i, i + 2)));
    level = next;
  }
  return mergedInOrder(level);
}

function produced({ n, mean, covariance }: ReturnType<typeof momentsOf>): Produced {
  return { values: { count: n, mean, cov: covariance } };
}

function input(reference: ConformanceCase): { rows: Float32Array | Float64Array; d: number } {
  if (reference.config.recipe === 'hash-uniform') {
    const d = configNumber(reference, 'D');
    return { rows: hashUniform(configNumber(reference, 'seed'), configNumber(reference, 'rows'), d), d };
  }
  // A tensor without rows has no bytes to store: it is listed under `inputs` alone.
  if (!reference.tensors.has('x')) {
    const listed: unknown = Array.isArray(reference.json.inputs) ? reference.json.inputs[0] : undefined;
    const shape: unknown = isRecord(listed) ? listed.shape : undefined;
    if (Array.isArray(shape) && shape[0] === 0) return { rows: new Float64Array(0), d: Number(shape[1]) };
  }
  const tensor = tensorOf(reference, 'x');
  return { rows: toFloat64(tensor), d: tensor.shape[1] ?? 1 };
}

function permuted(rows: Float32Array | Float64Array, d: number, order: Float64Array): Float64Array {
  const out = new Float64Array(rows.length);
  order.forEach((from, to) => out.set(rows.subarray(from * d, (from + 1) * d), to * d));
  return out;
}

function noChunks(): MalformedCaseError {
  return new MalformedCaseError({
    where: 'streaming-moments',
    got: described('a run without chunks'),
    expected: 'chunk_bounds with at least two entries',
    remedy: 'Fetch the pack again',
  });
}
