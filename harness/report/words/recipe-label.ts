/** @file The name of a recipe in the report: that of its method, with what makes it another method than the published one of that name. */
import type { Method } from '../../recipe/types.ts';
import { recipeLabel } from './numbers.ts';

/** Methods that nobody published under the name that they bear here. */
const qualifications: readonly { readonly applies: (method: Method) => boolean; readonly text: string }[] = [
  {
    // CT was published with LPIPS; squared l2 with equal weights leaves the low noise levels nearly untrained.
    applies: ({ teacher, distance, weighting }) =>
      teacher.kind === 'ema' && distance.kind === 'squared-l2' && weighting.kind === 'uniform',
    text: 'squared \u2113\u2082, \u03bb\u00a0=\u00a01',
  },
];

/** `shapes-ct` -> `CT (squared l2, lambda = 1)`; a rung of a ladder is named by its change alone. */
export function qualifiedLabel(recipeId: string, dataset: string, method: Method | null): string {
  const label = recipeLabel(recipeId, dataset);
  const found = method && label.startsWith('CT') && qualifications.find(({ applies }) => applies(method));
  return found ? `${label} (${found.text})` : label;
}
