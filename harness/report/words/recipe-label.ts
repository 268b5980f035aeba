/**
 * @file Labels a recipe in the report by its method.
 *
 * A label also says what makes it another method than the one published under that name.
 */
import type { DatasetId } from '../../recipe/dataset.ts';
import type { Method } from '../../recipe/types.ts';
import { recipeLabel } from './numbers.ts';

/** Methods that nobody published under the name that they bear here. */
const qualifications: readonly {
  readonly applies: (method: Method) => boolean;
  readonly text: string;
  readonly meaning: string;
}[] = [
  {
    applies: ({ teacher, distance, weighting }) =>
      teacher.kind === 'ema' && distance.kind === 'squared-l2' && weighting.kind === 'uniform',
    text: 'squared \u2113\u2082, \u03bb\u00a0=\u00a01',
    meaning:
      'is not the published CT, whose distance is LPIPS: with squared \u2113\u2082 and equal weights the high noise levels take nearly all of the gradient. What is found of it here says nothing of the published CT.',
  },
  {
    applies: ({ teacher, distance }) => teacher.kind === 'ema' && distance.kind === 'perceptual',
    text: 'perceptual, not LPIPS',
    meaning:
      'compares images through a small network of this project in place of LPIPS, which CT was published with: the same form, with VGG16 replaced and all channels alike.',
  },
];

/** `shapes-ct` -> `CT (squared l2, lambda = 1)`; a rung of a ladder is named by its change alone. */
export function qualifiedLabel(recipeId: string, dataset: DatasetId, method: Method | null): string {
  const found = qualificationOf(recipeId, dataset, method);
  const label = recipeLabel(recipeId, dataset);
  return found ? `${label} (${found.text})` : label;
}

/** A sentence on what the method is that its name does not say; null where the name says it. */
export function meaningOf(recipeId: string, dataset: DatasetId, method: Method | null): string | null {
  const found = qualificationOf(recipeId, dataset, method);
  return found ? `${qualifiedLabel(recipeId, dataset, method)} ${found.meaning}` : null;
}

function qualificationOf(recipeId: string, dataset: DatasetId, method: Method | null) {
  if (!method || !recipeLabel(recipeId, dataset).startsWith('CT')) return undefined;
  return qualifications.find(({ applies }) => applies(method));
}
