/** @file Which weights of a training state are meant: the sampling average is what the papers sample from. */
export const weightsParts = ['sampling-ema', 'student', 'teacher'] as const;

export type WeightsPart = (typeof weightsParts)[number];
