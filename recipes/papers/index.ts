/** @file Both papers as data: claims, clauses with the code that follows them, and numbers of other works. */
import type { Papers } from '../../harness/recipe/papers.ts';
import { ablations } from '../ablations.ts';
import { publishedEffects } from './choices.ts';
import { clauses } from './clauses.ts';
import { ctClaims, ctMachines } from './ct-claims.ts';
import { ictClaims, ictMachines, ictRatios } from './ict-claims.ts';
import { orders } from './orders.ts';
import { otherWorks } from './other-works.ts';
import { readings } from './readings.ts';

export const papers: Papers = {
  claims: [...ctClaims, ...ictClaims],
  ratios: ictRatios,
  orders,
  readings,
  otherWorks,
  machines: [...ctMachines, ...ictMachines],
  clauses,
  effects: publishedEffects,
  ablations,
};
