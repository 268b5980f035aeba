/** @file The linear algebra of this room in plain TypeScript: needs no engine, and checks it. */
import type { Algebra } from './algebra.ts';
import { cholesky } from './cholesky.ts';
import { eigenvalues } from './eigenvalues.ts';
import { gram, sandwich, timesTransposed } from './products.ts';

export const typescriptAlgebra: Algebra = {
  id: 'typescript',
  timesTransposed,
  gram,
  sandwich,
  cholesky,
  eigenvalues,
};
