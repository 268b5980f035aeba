/** @file The draws of a reference run: images, noise, intervals and labels of every step, in our layout. */
import { described } from '../../core/errors.ts';
import { toFloat32, toFloat64, type StoredTensor } from '../../formats/safetensors.ts';
import { reorderAxes } from '../../network/weights/axis-order.ts';
import { MalformedCaseError, tensorOf, type ConformanceCase } from '../case.ts';
import type { Trajectory } from './config.ts';
import { classesOf } from '../../recipe/classes.ts';

export interface TrajectoryDraws {
  /** float32[B,H,W,3], as is the noise. */
  readonly images: Float32Array;
  readonly noise: Float32Array;
  /** int32[B], from 0: the pack counts intervals from 1. */
  readonly intervals: Int32Array;
  /** int32[B]; zeros where the network takes none. */
  readonly labels: Int32Array;
}

/**
 * The draws of step k.
 * @throws MalformedCaseError when a tensor is missing, of another shape, or names an interval that the pack's own N does not have
 */
export function readDraws(reference: ConformanceCase, trajectory: Trajectory): (k: number) => TrajectoryDraws {
  const { network } = trajectory.plan.recipe;
  const { batchImages } = trajectory.plan.asRun;
  const numbers = [trajectory.steps, batchImages];
  const images = imagesOf(reference, 'images', trajectory);
  const noise = imagesOf(reference, 'noise', trajectory);
  const intervals = integers(ofShape(reference, 'index', numbers)).map((index) => index - 1);
  requireIntervals(reference, intervals, batchImages);
  const labelled = classesOf(network) !== null;
  const labels = labelled ? integers(ofShape(reference, 'labels', numbers)) : new Int32Array(intervals.length);
  const ofStep = (values: Int32Array, k: number) => values.slice(k * batchImages, (k + 1) * batchImages);
  return (k) => ({
    images: images(k),
    noise: noise(k),
    intervals: ofStep(intervals, k),
    labels: ofStep(labels, k),
  });
}

function imagesOf(
  reference: ConformanceCase,
  name: string,
  { plan, layout: { imageAxes }, steps }: Trajectory,
): (k: number) => Float32Array {
  const { resolution } = plan.recipe.network;
  const image = imageAxes ? [3, resolution, resolution] : [resolution, resolution, 3];
  const batch = [plan.asRun.batchImages, ...image];
  const values = toFloat32(ofShape(reference, name, [steps, ...batch]));
  const size = values.length / steps;
  return (k) => {
    const own = values.subarray(k * size, (k + 1) * size);
    return imageAxes ? reorderAxes(own, batch, imageAxes) : own;
  };
}

function ofShape(reference: ConformanceCase, name: string, shape: readonly number[]): StoredTensor {
  const tensor = tensorOf(reference, name);
  if (tensor.shape.join() === shape.join()) return tensor;
  throw new MalformedCaseError({
    where: `${reference.folder}/tensors.safetensors, ${name}`,
    got: tensor.shape,
    expected: `shape [${shape.join(', ')}]`,
    remedy: 'Compare the tensor with config.steps, config.batch and config.imageSize',
  });
}

function integers(tensor: StoredTensor): Int32Array {
  return Int32Array.from(toFloat64(tensor));
}

/** By the pack's own N: where ours differs, the case must fail, not be refused. */
function requireIntervals(reference: ConformanceCase, intervals: Int32Array, batchImages: number): void {
  const N = toFloat64(tensorOf(reference, 'N'));
  const strange = intervals.findIndex(
    (interval, at) => !(interval >= 0 && interval < N[Math.floor(at / batchImages)]! - 1),
  );
  if (strange < 0) return;
  const k = Math.floor(strange / batchImages);
  throw new MalformedCaseError({
    where: `${reference.folder}/tensors.safetensors, index of step ${k}`,
    got: described(`interval ${intervals[strange]! + 1}`),
    expected: `an interval from 1 to N - 1, N = ${N[k]}`,
    remedy: 'Fetch the pack again',
  });
}
