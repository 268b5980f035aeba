/** @file Edits of a source by which a mistake is planted: each text occurs once. */

export type Edits = readonly (readonly [from: string, to: string])[];

/** @throws Error when a text does not occur exactly once: the source has moved on, and the edit with it */
export function edited(text: string, edits: Edits, what: string): string {
  return edits.reduce((before, [from, to]) => {
    const parts = before.split(from);
    if (parts.length !== 2) throw new Error(`${what}: its source holds "${from}" ${parts.length - 1} times`);
    return parts.join(to);
  }, text);
}
