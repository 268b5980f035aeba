/** @file Opens the distance of a plan; only LPIPS needs weights. */
import type { Output } from '../../system/progress.ts';
import type { Recipe } from '../../recipe/types.ts';
import {
  l1Distance,
  pseudoHuberDistance,
  squaredL2Distance,
  type ImageDistance,
} from '../../train/distance/distance.ts';

/** @throws DataError when LPIPS is asked for and its weights cannot be had, saying where they belong */
export async function openDistance(
  { recipe }: { readonly recipe: { readonly method: Pick<Recipe['method'], 'distance'> } },
  output: Output,
): Promise<ImageDistance> {
  const { distance } = recipe.method;
  switch (distance.kind) {
    case 'pseudo-huber':
      return pseudoHuberDistance(distance.cPerSqrtDim);
    case 'squared-l2':
      return squaredL2Distance;
    case 'l1':
      return l1Distance;
    case 'lpips': {
      const { openLpips } = await import('../../train/distance/lpips.ts');
      return openLpips(distance.pooling, output);
    }
  }
}
