/**
 * @file Reads and writes reference statistics in `.npz`.
 *
 * Read are those of EDM, clean-fid, pytorch-fid and OpenAI, and our own, which hold their provenance inside.
 */
import { basename } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../core/canonical-json.ts';
import { DataError, described } from '../../core/errors.ts';
import { sha256OfFile } from '../../system/files/file-hash.ts';
import { npyNumbers } from '../../formats/npy.ts';
import { NpzFile, writeNpz } from '../../formats/npz.ts';
import { firstNotFinite } from '../linalg/finite.ts';
import { requireCovariance, type Gaussian } from '../linalg/gaussian.ts';
import { devices } from '../../core/device.ts';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

/** Where our own statistics come from; stored inside the file as the array `provenance` (uint8, canonical JSON in UTF-8). */
const provenanceSchema = z.strictObject({
  schema: z.literal('consistency-harness/reference@1'),
  id: z.string().min(1),
  images: z.int().min(2),
  height: z.int().positive(),
  width: z.int().positive(),
  /** sha256 of the pixels, uint8[images, height, width, 3] in order. */
  imagesSha256: sha256Hex,
  extractor: z.string().min(1),
  extractorSha256: sha256Hex,
  resize: z.string().min(1),
  dtype: z.string().min(1),
  batchImages: z.int().positive(),
  device: z.enum(devices),
  algebra: z.enum(['typescript', 'engine']),
  software: z.string().min(1),
});
export type ReferenceProvenance = z.infer<typeof provenanceSchema>;

export interface ReferenceStatistics {
  readonly path: string;
  /** sha256 of the file. */
  readonly sha256: string;
  /** `mu` and `sigma`: pool_3 features. */
  readonly pool: Gaussian;
  /** `mu_s` and `sigma_s`: spatial features (OpenAI, and our own); null where the file has none. */
  readonly spatial: Gaussian | null;
  /** Shape of the reference images in `arr_0`, uint8[N, h, w, 3]; null where the file holds none. */
  readonly images: readonly number[] | null;
  /** Null for files of other tools. */
  readonly provenance: ReferenceProvenance | null;
}

/** Statistics as scores know them. */
export interface NamedReference extends ReferenceStatistics {
  /** The name that stands in every identity. */
  readonly id: string;
  /** Images behind the statistics; null where that is not known. */
  readonly count: number | null;
  /** Where the reference's own images are, for metrics of single images; null where only statistics are known. */
  readonly ownImages: string | null;
}

/**
 * A reference that a person names: by the name in its provenance, else by that of its file.
 * @param ownImages images for KID and neighbour metrics, in place of those in the file
 * @throws DataError as `readReference`
 */
export async function openReference(path: string, ownImages?: string): Promise<NamedReference> {
  const statistics = await readReference(path);
  const { provenance, images } = statistics;
  return {
    ...statistics,
    id: provenance?.id ?? basename(path),
    count: provenance?.images ?? null,
    ownImages: ownImages ?? (images ? path : null),
  };
}

/**
 * Reads reference statistics.
 * Source: NVlabs/edm `fid.py` and clean-fid `fid.py` (`mu`, `sigma`); openai/guided-diffusion `evaluations/evaluator.py` (`arr_0`, `mu`, `sigma`,
 *   `mu_s`, `sigma_s`).
 * @throws DataError when the file is damaged, pickled, without the arrays (they are named), or its shapes or values make no Gaussian
 */
export async function readReference(path: string): Promise<ReferenceStatistics> {
  const file = new NpzFile(path);
  try {
    if (!file.has('mu') && !file.has('sigma') && file.has('arr_0')) {
      throw new DataError({
        where: path,
        got: described(`arrays ${file.names.join(', ')}: images and no statistics`),
        expected: 'arrays mu and sigma',
        remedy: `Make statistics of them with \`npm run metrics -- reference build ${path}\``,
      });
    }
    const provenance = file.has('provenance') ? readProvenance(file) : null;
    const n = provenance ? { n: provenance.images } : {};
    const pool = { ...n, ...readGaussian(file, 'mu', 'sigma') };
    const spatial = file.has('mu_s') || file.has('sigma_s') ? { ...n, ...readGaussian(file, 'mu_s', 'sigma_s') } : null;
    const images = file.has('arr_0') ? (await file.header('arr_0')).shape : null;
    return { path, sha256: await sha256OfFile(path), pool, spatial, images, provenance };
  } finally {
    file.close();
  }
}

/** Writes statistics so that every other tool can read them: `mu` and `sigma` first, provenance beside them. */
export function writeReference(
  path: string,
  pool: Gaussian,
  spatial: Gaussian | null,
  provenance: ReferenceProvenance,
): void {
  const text = new TextEncoder().encode(canonicalJson(provenanceSchema.parse(provenance)));
  writeNpz(path, [
    ...gaussianArrays('mu', 'sigma', pool),
    ...(spatial ? gaussianArrays('mu_s', 'sigma_s', spatial) : []),
    ['provenance', { dtype: 'uint8', shape: [text.length], data: text }],
  ]);
}

/** Bytes of a reference of so many features, at most: sFID has fewer than the features. */
export function referenceBytes(features: number): number {
  return 2 * 8 * features * (features + 1);
}

function gaussianArrays(mu: string, sigma: string, { mean, covariance }: Gaussian) {
  const d = mean.length;
  return [
    [mu, { dtype: 'float64', shape: [d], data: mean }],
    [sigma, { dtype: 'float64', shape: [d, d], data: covariance }],
  ] as const;
}

function readGaussian(file: NpzFile, mu: string, sigma: string): Gaussian {
  const mean = readNumbers(file, mu);
  const covariance = readNumbers(file, sigma);
  const [d] = mean.shape;
  if (mean.shape.length !== 1 || covariance.shape.join() !== `${d!},${d!}` || d === 0) {
    throw new DataError({
      where: file.path,
      got: described(
        `${mu} of shape [${mean.shape.join(', ')}] and ${sigma} of shape [${covariance.shape.join(', ')}]`,
      ),
      expected: 'a vector and a square matrix of its length',
      remedy: 'Make the statistics again',
    });
  }
  const gaussian = { mean: mean.values, covariance: covariance.values };
  requireCovariance(`${file.path}, array "${sigma}"`, gaussian);
  return gaussian;
}

function readNumbers(file: NpzFile, name: string): { shape: readonly number[]; values: Float64Array } {
  const array = file.read(name);
  const where = `${file.path}, array "${name}"`;
  const values = npyNumbers(where, array);
  const bad = firstNotFinite(values);
  if (bad >= 0) {
    throw new DataError({
      where,
      got: described(`${values[bad]!} at element ${bad}`),
      expected: 'finite numbers',
      remedy: 'Make the statistics again',
    });
  }
  return { shape: array.shape, values };
}

function readProvenance(file: NpzFile): ReferenceProvenance {
  const array = file.read('provenance');
  try {
    return provenanceSchema.parse(JSON.parse(new TextDecoder().decode(array.data)));
  } catch (thrown) {
    throw new DataError(
      {
        where: `${file.path}, array "provenance"`,
        got: described('something else'),
        expected: 'the provenance that this project writes (consistency-harness/reference@1)',
        remedy: 'Make the statistics again',
      },
      { cause: thrown },
    );
  }
}
