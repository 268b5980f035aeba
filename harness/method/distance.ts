/** @file The constant c of pseudo-Huber. */

/**
 * The constant of pseudo-Huber for images of d numbers: `c = cPerSqrtDim sqrt(d)`, cPerSqrtDim = 0.00054 in the paper:
 * c = 0.02993 on CIFAR-10 (d = 3,072), 0.05986 on ImageNet 64x64 (d = 12,288).
 * Source: Song & Dhariwal 2023 (iCT), table 1.
 * @param d numbers per image: height x width x channels
 */
export function pseudoHuberConstant(cPerSqrtDim: number, d: number): number {
  return cPerSqrtDim * Math.sqrt(d);
}
