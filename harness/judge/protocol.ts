/** @file Compares the measurement of a score with the protocol of a published number. */
import type { Protocol } from '../recipe/claim.ts';
import { productPrecision } from '../plan/product-precision.ts';
import type { Plan } from '../plan/types.ts';
import type { Score } from '../score/score.ts';

/** What a protocol fixes of a score's identity, in the order in which differences are named. */
const fixedFields = {
  reference: 'reference',
  extractor: 'extractor',
  extractorSha256: 'extractor file',
  resize: 'resize',
  weights: 'weights',
  quantisation: 'quantisation',
  samples: 'samples',
} as const satisfies Partial<Record<keyof Protocol, string>>;

type FixedField = keyof typeof fixedFields;
const fields = Object.keys(fixedFields) as readonly FixedField[];

/** Every way in which a score was measured otherwise, as `reference own.npz in place of cifar10-legacy-tensorflow-train`; empty when in none. */
export function protocolDifferences(protocol: Protocol, score: Score, plan: Plan): string[] {
  const differences = fields.flatMap((field) => {
    const wanted = protocol[field];
    const got = score.identity[field];
    if (got === wanted || (field === 'extractorSha256' && wanted === null)) return [];
    return [`${fixedFields[field]} ${String(got ?? 'none')} in place of ${String(wanted ?? 'none')}`];
  });
  const precision = productPrecision(plan);
  if (protocol.precisions.includes(precision)) return differences;
  return [...differences, `precision ${precision} in place of ${protocol.precisions.join(' or ')}`];
}

/** What a protocol fixes and a score of an older result does not state: nothing is assumed in its favour. */
export function unstatedFields({ identity }: Score): string[] {
  const known: Readonly<Partial<Record<FixedField, unknown>>> = identity;
  return fields.filter((field) => known[field] === undefined).map((field) => fixedFields[field]);
}
