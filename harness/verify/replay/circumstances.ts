/** @file Compares what two runs were made with: plan, machine, versions, code. */
import { isRecord } from '../../core/record.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { quoteValue } from '../../core/errors.ts';
import type { Result } from '../../results/schema.ts';

export type Circumstances = Pick<Result, 'plan' | 'machine'> & {
  readonly provenance: Pick<Result['provenance'], 'commit' | 'dirty' | 'harnessVersion'>;
};

export interface CircumstanceDifference {
  /** `plan.engine.tf32`, `machine.tensorflow`, `provenance.commit` ... */
  readonly what: string;
  readonly recorded: unknown;
  readonly again: unknown;
}

/** Fingerprints follow from the rest. */
const derived = /(^|\.)(fingerprint|recipeFingerprint)$/;

/** Every leaf in which two runs differ, in the order plan, machine, code. */
export function circumstanceDifferences(recorded: Circumstances, again: Circumstances): CircumstanceDifference[] {
  const pick = ({ plan, machine, provenance: { commit, dirty, harnessVersion } }: Circumstances) => ({
    plan,
    machine,
    provenance: { commit, dirty, harnessVersion },
  });
  return differences('', pick(recorded), pick(again)).filter(({ what }) => !derived.test(what));
}

export function circumstanceText({ what, recorded, again }: CircumstanceDifference): string {
  return `${what}: ${quoteValue(recorded)} against ${quoteValue(again)}`;
}

function differences(path: string, one: unknown, other: unknown): CircumstanceDifference[] {
  if (canonicalJson(one ?? null) === canonicalJson(other ?? null)) return [];
  if (!isRecord(one) || !isRecord(other)) return [{ what: path, recorded: one, again: other }];
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return keys.flatMap((key) => differences(path === '' ? key : `${path}.${key}`, one[key], other[key]));
}
