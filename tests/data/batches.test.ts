/** @file Batches as a function of seed and step: order, flips and scaling, whoever asks and whatever was asked before. */
import { describe, expect, test } from 'vitest';
import { TrainBatches } from '../../harness/data/batches.ts';
import { openShapes } from '../../harness/data/shapes.ts';
import type { ImageSource } from '../../harness/data/source.ts';

/** 2x2 images whose bytes are the index, with the left column lower by 100 so that a flip shows. */
function counted(count: number): ImageSource {
  const read = (index: number, out: Uint8Array): number => {
    if (!(index >= 0 && index < count)) throw new RangeError(`image ${index} of ${count}`);
    out.set([index, index, index, 100 + index, 100 + index, 100 + index]);
    out.copyWithin(6, 0, 6);
    return index;
  };
  return {
    id: 'cifar10',
    version: 1,
    resolution: 2,
    channels: 3,
    classes: count,
    trainImages: count,
    heldOutImages: 0,
    contentHash: '',
    origin: { text: 'counted', published: false },
    readTrain: read,
    readHeldOut: read,
    close: () => undefined,
  };
}

const options = { seed: 3, batchImages: 8, horizontalFlip: 0.5 };
/** Labels of `counted` are indices. */
const order = (batches: TrainBatches, step: number): number[] => [...batches.at(step).labels];

describe('a finite set', () => {
  const batches = new TrainBatches(counted(50), options);

  test('an epoch is one permutation without the images left over', () => {
    const epoch = Array.from({ length: 6 }, (_, step) => order(batches, step)).flat();
    expect(new Set(epoch).size).toBe(48);
    expect(epoch).not.toEqual([...epoch].sort((a, b) => a - b));
  });

  test('the next epoch has another order', () => {
    expect(order(batches, 6)).not.toEqual(order(batches, 0));
  });

  test('a step is the same whatever was asked before, and for whoever asks', () => {
    const fresh = new TrainBatches(counted(50), options).at(13);
    for (const step of [0, 99, 13, 14, 1]) batches.at(step);
    expect(batches.at(13)).toEqual(fresh);
  });

  test('filling a used batch gives what a fresh one gives', () => {
    const used = batches.at(4);
    expect(batches.at(5, used)).toBe(used);
    expect(used).toEqual(new TrainBatches(counted(50), options).at(5));
  });

  test('a part of a batch has the images, labels and flips of the whole', () => {
    const whole = batches.at(2);
    const size = whole.images.length / 8;
    const parts = [0, 1, 2, 3].map((i) => {
      const part = { first: 2 * i, images: 2 };
      return new TrainBatches(counted(50), { ...options, part }).at(2);
    });
    expect(parts.map(({ firstImage = 0 }) => firstImage)).toEqual([0, 2, 4, 6]);
    expect(parts.flatMap(({ labels }) => [...labels])).toEqual([...whole.labels]);
    parts.forEach(({ images }, i) => expect(images).toEqual(whole.images.slice(2 * i * size, 2 * (i + 1) * size)));
  });

  test('another seed has another order', () => {
    expect(order(new TrainBatches(counted(50), { ...options, seed: 4 }), 0)).not.toEqual(order(batches, 0));
  });

  test('a set smaller than a batch fills it by whole permutations', () => {
    const small = new TrainBatches(counted(3), options);
    for (const step of [0, 1, 2]) {
      const labels = order(small, step);
      expect(new Set(labels.slice(0, 3)).size).toBe(3);
      expect(new Set(labels.slice(3, 6)).size).toBe(3);
    }
    const all = [0, 1, 2, 3, 4, 5].map((step) => order(small, step).join());
    expect(new Set(all).size).toBeGreaterThan(1);
  });
});

describe('flips and numbers', () => {
  test('a flip exchanges left and right, and nothing else', () => {
    const { images, labels } = new TrainBatches(counted(50), { ...options, horizontalFlip: 1 }).at(0);
    const value = (byte: number): number => Math.fround(Math.fround(byte / 127.5) - 1);
    labels.forEach((index, j) => {
      const left = value(100 + index);
      const right = value(index);
      const row = [left, left, left, right, right, right];
      expect([...images.subarray(12 * j, 12 * j + 12)]).toEqual([...row, ...row]);
    });
  });

  test('images are flipped with the probability asked for', () => {
    const flipped = (horizontalFlip: number): number => {
      const batches = new TrainBatches(counted(50), { seed: 1, batchImages: 50, horizontalFlip });
      let count = 0;
      for (let step = 0; step < 40; step++) {
        const { images } = batches.at(step);
        for (let j = 0; j < 50; j++) if (images[12 * j]! > images[12 * j + 3]!) count += 1;
      }
      return count / 2000;
    };
    expect(flipped(0)).toBe(0);
    expect(flipped(1)).toBe(1);
    // Four standard deviations of 2,000 draws.
    expect(Math.abs(flipped(0.5) - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 2000));
  });

  const pattern = (count: number, step: number): boolean[] => {
    const { images } = new TrainBatches(counted(count), options).at(step);
    return Array.from({ length: 8 }, (_, j) => images[12 * j]! > images[12 * j + 3]!);
  };

  test('the flips of one step do not depend on the order of the data', () => {
    expect(pattern(50, 2)).toEqual(pattern(80, 2));
  });

  test('each step has flips of its own', () => {
    expect(new Set([0, 1, 2, 3].map((step) => pattern(50, step).join())).size).toBe(4);
  });
});

describe('an unlimited set', () => {
  test('a run reads fresh images in a row, from a place of its own for each seed', () => {
    const seen = new Map<string, number>();
    const source = openShapes();
    for (const seed of [0, 1, 2]) {
      const batches = new TrainBatches(source, { seed, batchImages: 16, horizontalFlip: 0 });
      for (let step = 0; step < 20; step++) {
        const { images } = batches.at(step);
        for (let j = 0; j < 16; j++) seen.set(images.subarray(768 * j, 768 * (j + 1)).join(), seed);
      }
    }
    expect(seen.size).toBe(3 * 20 * 16);
  });

  test('two steps of half a batch are one step of a whole one', () => {
    const source = openShapes();
    const whole = new TrainBatches(source, { seed: 5, batchImages: 8, horizontalFlip: 0 }).at(3);
    const halves = new TrainBatches(source, { seed: 5, batchImages: 4, horizontalFlip: 0 });
    expect([...whole.images]).toEqual([...halves.at(6).images, ...halves.at(7).images]);
  });
});
