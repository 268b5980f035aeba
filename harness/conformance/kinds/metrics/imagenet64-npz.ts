/** @file Kind `imagenet64-npz`: the files of downsampled ImageNet read in order, or refused. */
import { join } from 'node:path';
import { readNpzImages } from '../../../data/imagenet64-downsampled.ts';
import type { LabelledImage } from '../../../data/packed.ts';
import type { ConformanceCase } from '../../case.ts';
import type { Verdict } from '../../judge-tensors.ts';
import { judgeValues, type Produced } from '../../judge-values.ts';

export function run(reference: ConformanceCase): Promise<Verdict> {
  return judgeValues(reference, () => read(reference));
}

async function read(reference: ConformanceCase): Promise<Produced> {
  const files = Array.isArray(reference.config.files) ? reference.config.files.map(String) : [];
  const images: LabelledImage[] = [];
  for (const file of files) {
    for await (const image of readNpzImages(join(reference.folder, file))) images.push(image);
  }
  return {
    values: {
      images: { shape: [images.length, 64, 64, 3], values: Buffer.concat(images.map(({ pixels }) => pixels)) },
      labels: { shape: [images.length], values: images.map(({ label }) => label) },
    },
  };
}
