/**
 * @file Names the weights in a training state: sampling average, student or teacher.
 *
 * The papers sample from the sampling average.
 */
export const weightsParts = ['sampling-ema', 'student', 'teacher'] as const;

export type WeightsPart = (typeof weightsParts)[number];
