/** @file Scores weights at points of training, one curve per sampler whose levels are known in advance. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Floor, ScoreCurve } from '../score/score.ts';
import { drawSamples, type Drawing } from './draw.ts';
import { scoreIdentity, type Scorer } from './scorer.ts';
import { samplersOf } from './samplers.ts';

/** One value on the curve. */
export interface CurveValue {
  readonly nfe: number;
  readonly step: number;
  readonly images: number;
  readonly value: number;
}

/** What the curve is scored with. */
export interface Followed extends Drawing {
  readonly scorer: Scorer | null;
}

/**
 * The curve's values at a step.
 * @param look is shown the one-step samples, uint8[N,H,W,3]
 */
export async function scoreCurvePoint(
  cell: Followed,
  step: number,
  weights: tf.Tensor,
  look?: (images: Uint8Array) => void,
): Promise<CurveValue[]> {
  const { plan, scorer } = cell;
  const { curveImages, batchImages } = plan.asRun;
  const values: CurveValue[] = [];
  if (!scorer) return values;
  for (const sigmas of samplersOf(plan).sigmas) {
    const samples = drawSamples(cell, weights, { sigmas, images: curveImages, draw: 0 });
    if (sigmas.length === 1) look?.(samples);
    const { value } = await scorer.score(samples);
    values.push({ nfe: sigmas.length, step, images: step * batchImages, value });
  }
  return values;
}

/** The curve of each sampler out of the values of all points. */
export function curvesOf(
  { plan, scorer }: Omit<Followed, 'sampler'>,
  values: readonly CurveValue[],
  floor: Floor | null,
): ScoreCurve[] {
  if (!scorer) return [];
  const { metric, identity } = scorer.followed(plan.asRun.curveImages);
  return samplersOf(plan).sigmas.map((sigmas) => ({
    metric,
    nfe: sigmas.length,
    sigmas: [...sigmas],
    floor,
    identity: scoreIdentity(plan, identity),
    points: values
      .filter(({ nfe }) => nfe === sigmas.length)
      .map(({ step, images, value }) => ({ step, images, value })),
  }));
}
