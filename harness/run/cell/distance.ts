/** @file Opens the distance of a plan; those that look through a network read its weights. */
import type { Output } from '../../system/progress.ts';
import type { Recipe } from '../../recipe/types.ts';
import {
  l1Distance,
  pseudoHuberDistance,
  squaredL2Distance,
  type ImageDistance,
} from '../../train/distance/distance.ts';

/** @throws DataError when the weights of the distance's network cannot be had or were changed, saying where they belong */
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
    case 'perceptual': {
      const { openShapesPerceptual } = await import('../../train/distance/shapes-perceptual.ts');
      return openShapesPerceptual();
    }
  }
}
