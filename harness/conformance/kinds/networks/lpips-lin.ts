/** @file Kind `lpips-lin`: the five linear layers of LPIPS that this project ships, compared by value. */
import { lpipsLinear } from '../../../train/distance/lpips-weights.ts';
import type { NetworkKind } from '../kind.ts';

export const kind: NetworkKind = {
  needsEngine: false,
  produce: () => new Map(lpipsLinear().map((weights, l) => [`lin${l}`, weights])),
};
