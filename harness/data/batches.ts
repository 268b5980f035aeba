/**
 * @file Training batches as a pure function of (seed, step).
 *
 * Nothing is carried from one to the next, so a resumed run sees the same images.
 */
import { HostRandom } from '../core/random.ts';
import { pixelValues } from '../formats/pixels.ts';
import { imageBytes, type ImageSource } from './source.ts';

export interface BatchOptions {
  readonly seed: number;
  readonly batchImages: number;
  /** Probability that an image is mirrored left to right, from 0 to 1. */
  readonly horizontalFlip: number;
  /** The images of each batch that are wanted; absent: all. What an image is does not depend on it. */
  readonly part?: BatchPart;
}

/** Neighbouring images of a batch. */
export interface BatchPart {
  readonly first: number;
  readonly images: number;
}

export interface Batch {
  /** float32[batchImages, resolution, resolution, 3] in [-1, 1]. */
  readonly images: Float32Array;
  /** int32[batchImages] */
  readonly labels: Int32Array;
  /** Place of its first image in the batch of the step; absent: 0. */
  readonly firstImage?: number;
}

/**
 * The batches of one run. `at(step)` depends on the options and the step alone, whoever asks and whatever was asked before.
 *
 * Order of a finite set of n images: one permutation per epoch from (seed, `data-order`, epoch); an epoch has floor(n / batchImages)
 * steps and the images left over are dropped, as in the authors' loaders. An unlimited set is read from a place of its own for each
 * seed, o = (seed, `data-order`, 0) below 2^32, and on: image o + step * batchImages + j. Flips come from (seed, `flip`, step).
 *
 * Deviation: a set smaller than a batch, for which the authors' loaders yield nothing, is gone through as often as fills the batch,
 * one permutation after another.
 */
export class TrainBatches {
  private readonly source: ImageSource;
  private readonly options: BatchOptions;
  private readonly part: BatchPart;
  private readonly values: Float32Array;
  private readonly bytes: Uint8Array;
  private readonly order: (step: number, j: number) => number;

  constructor(source: ImageSource, options: BatchOptions) {
    this.source = source;
    this.options = options;
    this.values = pixelValues();
    this.part = options.part ?? { first: 0, images: options.batchImages };
    this.bytes = new Uint8Array(this.part.images * imageBytes(source));
    const { trainImages } = source;
    this.order = trainImages === 'unlimited' ? endlessOrder(options) : epochOrder(options, trainImages);
  }

  /** An empty batch of the right sizes, to be filled by `at`. */
  allocate(): Batch {
    const { first, images } = this.part;
    return {
      images: new Float32Array(this.bytes.length),
      labels: new Int32Array(images),
      ...(first > 0 && { firstImage: first }),
    };
  }

  /** @param into a batch that nobody reads any more: touching fresh memory costs more than filling it. */
  at(step: number, into: Batch = this.allocate()): Batch {
    const { source, options, bytes, values, part } = this;
    const size = imageBytes(source);
    const flips = new HostRandom(options.seed, 'flip', step);
    for (let j = 0; j < part.first; j++) flips.uniform();
    for (let j = 0; j < part.images; j++) {
      const image = bytes.subarray(j * size, (j + 1) * size);
      into.labels[j] = source.readTrain(this.order(step, part.first + j), image);
      if (flips.uniform() < options.horizontalFlip) mirror(image, source.resolution);
    }
    toNumbers(bytes, values, into.images);
    return into;
  }
}

function toNumbers(bytes: Uint8Array, values: Float32Array, out: Float32Array): void {
  for (let i = 0; i < bytes.length; i++) out[i] = values[bytes[i]!]!;
}

/** Turns an image, uint8[side, side, 3], left to right in place. */
function mirror(image: Uint8Array, side: number): void {
  const rowBytes = 3 * side;
  for (let row = 0; row < image.length; row += rowBytes) {
    for (let left = row, right = row + rowBytes - 3; left < right; left += 3, right -= 3) {
      for (let channel = 0; channel < 3; channel++) {
        const kept = image[left + channel]!;
        image[left + channel] = image[right + channel]!;
        image[right + channel] = kept;
      }
    }
  }
}

function endlessOrder(options: BatchOptions): (step: number, j: number) => number {
  const origin = new HostRandom(options.seed, 'data-order', 0).below(2 ** 32);
  return (step, j) => origin + step * options.batchImages + j;
}

function epochOrder(options: BatchOptions, count: number): (step: number, j: number) => number {
  const { seed, batchImages } = options;
  let known: { epoch: number; order: Uint32Array } = { epoch: -1, order: new Uint32Array(0) };
  const permutation = (epoch: number): Uint32Array => {
    if (known.epoch !== epoch) known = { epoch, order: new HostRandom(seed, 'data-order', epoch).permutation(count) };
    return known.order;
  };
  if (batchImages > count) {
    const rounds = Math.ceil(batchImages / count);
    return (step, j) => permutation(step * rounds + Math.floor(j / count))[j % count]!;
  }
  const stepsPerEpoch = Math.floor(count / batchImages);
  return (step, j) => permutation(Math.floor(step / stepsPerEpoch))[(step % stepsPerEpoch) * batchImages + j]!;
}
