/** @file Linear algebra of the metrics in plain TypeScript; needs no engine, and serves to check it. */
import type { Algebra } from './algebra.ts';
import { cholesky } from './cholesky.ts';
import { eigenvalues } from './eigenvalues.ts';
import { gram, lowerGramOfRows, sandwich, timesTransposed } from './products.ts';

export const typescriptAlgebra: Algebra = {
  id: 'typescript',
  timesTransposed,
  gram,
  lowerGramOfRows,
  sandwich,
  triangularSandwich: (l, s, d) => sandwich(l, s, d, d),
  cholesky,
  eigenvalues,
};
