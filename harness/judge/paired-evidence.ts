/** @file Joins the evidence for two claims seed by seed, for claims about both together. */
import type { AsRunRow } from '../results/as-run.ts';
import { meanOf } from './statistics.ts';
import type { Evidence, Repeated } from './verdict.ts';

/** Two values of one seed. */
interface PairedValue {
  readonly seed: number;
  readonly first: number;
  readonly second: number;
}

export type PairedEvidence =
  | {
      readonly kind: 'measured';
      /** Seeds that finished both, in registered order. */
      readonly pairs: readonly PairedValue[];
      readonly plannedSeeds: readonly number[];
      readonly divergedSeeds: readonly number[];
      readonly of: Repeated;
    }
  | { readonly kind: 'scaled'; readonly differences: readonly AsRunRow[] }
  | { readonly kind: 'none'; readonly reason: string };

/** What is measured of both; else why it is not, of the first that is not. */
export function pairEvidence(first: Evidence, second: Evidence): PairedEvidence {
  if (first.kind !== 'measured') return first;
  if (second.kind !== 'measured') return second;
  const pairs = first.seeds.flatMap(({ seed, draws }) => {
    const other = second.seeds.find((candidate) => candidate.seed === seed);
    return other ? [{ seed, first: meanOf(draws), second: meanOf(other.draws) }] : [];
  });
  return {
    kind: 'measured',
    pairs,
    plannedSeeds: [...new Set([...first.plannedSeeds, ...second.plannedSeeds])],
    divergedSeeds: [...new Set([...first.divergedSeeds, ...second.divergedSeeds])],
    of: first.of,
  };
}
