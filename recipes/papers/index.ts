/** @file Both papers as data: what they claim, and every clause with the code that follows it. */
import type { Papers } from '../../harness/recipe/papers.ts';
import { claims } from './claims.ts';
import { clauses } from './clauses.ts';

export const papers: Papers = { claims, clauses };
