/** @file Kind `lpips-lin`: the five linear layers of LPIPS that this project carries, number by number. */
import { lpipsLinear } from '../../../train/distance/lpips-weights.ts';
import { judgeTensors } from '../../judge/judge-tensors.ts';
import type { KindRunner } from '../kind.ts';

export const run: KindRunner = (reference) =>
  judgeTensors(reference, new Map(lpipsLinear().map((weights, l) => [`lin${l}`, weights])));
