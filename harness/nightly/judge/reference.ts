/** @file Finds the value that a row must equal: the last accepted one, read from the history in order. */
import type { AcceptedValue, HistoryEntry } from '../history-entry.ts';
import type { Delivery } from '../night.ts';

export interface ReferenceRule<V> {
  /** The value of a delivery, where it has one. */
  readonly delivered: (delivery: Delivery) => V | null;
  readonly accepted: (value: AcceptedValue) => V | null;
  readonly equal: (one: V, other: V) => boolean;
  /** Whether the value takes the reference's place without being accepted: it is better. */
  readonly better: (value: V, reference: V) => boolean;
}

export interface Reference<V> {
  readonly value: V;
  /** When and by which commit it was first delivered, or which commit's value was accepted. */
  readonly at: string;
  readonly commit: string;
  /** Why it was accepted; null where it is the first of the row or an improvement. */
  readonly why: string | null;
  /** Whether it was accepted after the last night. */
  readonly fresh: boolean;
  /** The first commit of the nights, up to the last one, that did not deliver it; null where the last night did. */
  readonly differsSince: string | null;
}

/** Replays the history of a row in one version. Nights with uncommitted changes set no reference. @returns null where it has no value */
export function referenceOf<V>(
  entries: readonly HistoryEntry[],
  { id, version }: { readonly id: string; readonly version: number },
  rule: ReferenceRule<V>,
): Reference<V> | null {
  let reference: Reference<V> | null = null;
  for (const entry of entries) {
    if (entry.kind === 'acceptance' && entry.row === id && entry.version === version) {
      const value = rule.accepted(entry.value);
      const { at, commit, why } = entry;
      if (value !== null) reference = { value, at, commit, why, fresh: true, differsSince: null };
    }
    if (entry.kind !== 'night' || entry.night.build.dirty) continue;
    const { night, at } = entry;
    if (!night.plan.rows.some((row) => row.id === id && row.version === version)) continue;
    const delivery = night.deliveries[id];
    const value = delivery ? rule.delivered(delivery) : null;
    if (value === null) continue;
    const { commit } = night.build;
    if (!reference || rule.better(value, reference.value)) {
      reference = { value, at, commit, why: null, fresh: false, differsSince: null };
    } else {
      const differsSince: string | null = rule.equal(value, reference.value)
        ? null
        : (reference.differsSince ?? commit);
      reference = { ...reference, fresh: false, differsSince };
    }
  }
  return reference;
}
