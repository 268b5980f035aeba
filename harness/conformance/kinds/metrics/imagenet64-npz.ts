/** @file Kind `imagenet64-npz`: reads or refuses the `.npz` files of downsampled ImageNet, in order. */
import { exists } from '../../../system/files/files.ts';
import { join } from 'node:path';
import { readNpzImages } from '../../../data/imagenet64-downsampled.ts';
import type { LabelledImage } from '../../../data/packed.ts';
import { MalformedCaseError, type ConformanceCase } from '../../case.ts';
import type { Produced } from '../../judge/judge-values.ts';
import type { MetricKind } from '../kind.ts';

export const kind: MetricKind = { needsEngine: false, produce: read };

async function read(reference: ConformanceCase): Promise<Produced> {
  const images: LabelledImage[] = [];
  for (const path of filesOf(reference)) for await (const image of readNpzImages(path)) images.push(image);
  return {
    values: {
      images: { shape: [images.length, 64, 64, 3], values: Buffer.concat(images.map(({ pixels }) => pixels)) },
      labels: { shape: [images.length], values: images.map(({ label }) => label) },
    },
  };
}

function filesOf(reference: ConformanceCase): string[] {
  const { files } = reference.config;
  const paths = Array.isArray(files) ? files.map((name) => join(reference.folder, String(name))) : [];
  if (paths.length > 0 && paths.every((path) => exists(path))) return paths;
  throw new MalformedCaseError({
    where: `${reference.folder}/case.json at config.files`,
    got: files,
    expected: 'a list of files of the case',
    remedy: 'Fetch the pack again',
  });
}
