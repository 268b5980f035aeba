/** @file Schema of the second level of two-step sampling: its value, its grid index, how it was chosen. */
import { z } from 'zod';

const sigma = z.number().positive();

const gridLevel = {
  used: sigma,
  /** From 0 (sigmaMin) to N - 1 (sigmaMax). */
  index: z.int().nonnegative(),
  /** Levels of the last training grid. */
  N: z.int().min(3),
};

export const secondLevelSchema = z.discriminatedUnion('kind', [
  /** The level of the grid that is nearest to a published one by the logarithm. */
  z.strictObject({ kind: z.literal('projected'), published: sigma, ...gridLevel }),
  /** The level of the grid whose images scored lowest, with every level that was scored, in that order. */
  z.strictObject({
    kind: z.literal('searched'),
    metric: z.string().min(1),
    ...gridLevel,
    scored: z.array(z.strictObject({ sigma, score: z.number() })).readonly(),
  }),
]);
export type SecondLevel = z.infer<typeof secondLevelSchema>;
