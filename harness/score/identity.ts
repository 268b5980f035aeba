/** @file Identity of a score: everything that can change its value for the same model. */
import { z } from 'zod';
import { devices } from '../core/device.ts';
import { quantisations } from '../core/quantisation.ts';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lowercase hex digits');
const count = z.int().positive();

/** Scores of different identities are never compared. */
export const scoreIdentitySchema = z.strictObject({
  /** Which weights drew the samples, such as `sampling-ema`. */
  weights: z.string().min(1),
  /** Generated images. */
  samples: count,
  /** From [-1, 1] to uint8. */
  quantisation: z.enum(quantisations),
  /** The network behind the features: `inception-2015`, `shapes-classifier`. */
  extractor: z.string().min(1),
  extractorSha256: sha256Hex,
  /** How images reach the extractor's size: `none`, `legacy-bilinear-299`. */
  resize: z.string().min(1),
  /** What the samples are measured against; null where nothing is (Inception Score). */
  reference: z.string().min(1).nullable(),
  referenceSha256: sha256Hex.nullable(),
  /** Images behind the reference; null where its file does not say. */
  referenceImages: count.nullable(),
  /** Images per pass through the extractor. */
  batchImages: count,
  /** Precision of the extractor. */
  dtype: z.string().min(1),
  device: z.enum(devices),
});
export type ScoreIdentity = z.infer<typeof scoreIdentitySchema>;

/** The part that a feature network knows. */
export type ExtractorIdentity = Pick<ScoreIdentity, 'extractor' | 'extractorSha256' | 'resize' | 'dtype'>;

/** The part that is known of images whoever drew them. */
export type MeasuredIdentity = Omit<ScoreIdentity, 'weights' | 'quantisation'>;

interface Identified {
  readonly metric: string;
  /** Network evaluations per image. */
  readonly nfe: number;
  readonly identity: ScoreIdentity;
}

/** Why two scores cannot stand in one column: each field that differs as `samples 2000 against 5000`; empty when they can. */
export function identityDifferences(a: Identified, b: Identified): string[] {
  const right: Readonly<Record<string, unknown>> = fieldsOf(b);
  return Object.entries(fieldsOf(a))
    .filter(([key, value]) => value !== right[key])
    .map(([key, value]) => `${key} ${String(value)} against ${String(right[key])}`);
}

function fieldsOf({ metric, nfe, identity }: Identified) {
  return { metric, nfe, ...identity };
}
