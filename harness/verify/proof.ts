/** @file A proof: comparisons that hold or name their first difference, as text and as JSON. */

import type { EngineSettings } from '../plan/types.ts';
import { determinismNote } from './gpu-determinism.ts';

type EngineUse = Pick<EngineSettings, 'device' | 'deterministic'>;

export interface Comparison {
  /** What was done differently: `killed after step 68 (the step after a checkpoint)`. */
  readonly what: string;
  /** The first difference; null where there is none. */
  readonly difference: string | null;
  /** What else there is to say, such as a measured distance beside its bound. */
  readonly note?: string;
}

export interface Proof {
  readonly proof: 'resume' | 'perturbation' | 'split' | 'kills' | 'ranks';
  /** What was run: `shapes-ict, tiny, 402 steps on the cpu`. */
  readonly subject: string;
  /** sha256 of the undisturbed run by what it is of. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly comparisons: readonly Comparison[];
  /** Kills that found a process at work, of those that were asked for. */
  readonly kills?: { readonly struck: number; readonly asked: number };
  /** What explains a difference on a GPU. */
  readonly onGpu?: string;
}

/** The proof, and where it fails on a GPU which operations are not deterministic there. */
export function explained(proof: Proof, { engine }: { readonly engine: EngineUse }): Proof {
  const note = holds(proof) ? null : determinismNote(engine);
  return note === null ? proof : { ...proof, onGpu: note };
}

export function holds({ comparisons, kills }: Pick<Proof, 'comparisons' | 'kills'>): boolean {
  const all = kills === undefined || kills.struck === kills.asked;
  return all && comparisons.every(({ difference }) => difference === null);
}

export function proofText(proof: Proof): string {
  const width = Math.max(...Object.keys(proof.hashes).map((name) => name.length));
  const equal = proof.comparisons.filter(({ difference }) => difference === null).length;
  return [
    `${proof.proof}: ${proof.subject}`,
    ...Object.entries(proof.hashes).map(([name, sha]) => `  ${name.padEnd(width)}  ${sha}`),
    ...proof.comparisons.map(
      ({ what, difference, note }) => `${what}: ${difference ?? 'equal'}${note === undefined ? '' : ` (${note})`}`,
    ),
    ...(proof.kills ? [`${proof.kills.struck} of ${proof.kills.asked} kills struck a process at work.`] : []),
    equal === proof.comparisons.length
      ? `All ${equal} equal the undisturbed run.`
      : `${equal} of ${proof.comparisons.length} equal the undisturbed run.`,
    ...(proof.onGpu === undefined ? [] : [`${proof.onGpu}.`]),
  ].join('\n');
}
