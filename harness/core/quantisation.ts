/** @file Ways from [-1, 1] to bytes: `truncate` as CT and iCT are scored, `round` as EDM is. */

export const quantisations = ['truncate', 'round'] as const;
/** Each operation is rounded to float32 and clamped before the fraction is dropped. */
export type Quantisation = (typeof quantisations)[number];
