/** @file Kind `cifar-binary`: reads or refuses the binary edition of CIFAR-10, as an archive or a folder. */
import { decodeCifar10, readCifar10Files } from '../../../data/cifar10.ts';
import type { LabelledImage } from '../../../data/packed.ts';
import { pixelValues } from '../../../formats/pixels.ts';
import { configFile, configNumber, configNumbers, type ConformanceCase } from '../../case.ts';
import type { Produced, ShapedValues } from '../../judge/judge-values.ts';
import type { MetricKind } from '../kind.ts';

export const kind: MetricKind = { needsEngine: false, produce: decode };

async function decode(reference: ConformanceCase): Promise<Produced> {
  const path = configFile(reference, reference.config.archive === null ? 'folder' : 'archive');
  const counts = {
    train: configNumbers(reference, 'records_per_file'),
    heldOut: configNumber(reference, 'test_records'),
  };
  const { train, heldOut, classNames } = decodeCifar10(path, await readCifar10Files(path), counts);
  return {
    values: {
      train_images: images(train),
      train_labels: train.map(({ label }) => label),
      test_images: images(heldOut),
      test_labels: heldOut.map(({ label }) => label),
      train_float_chw: planes(train.slice(0, 2)),
      class_names: classNames,
      train_count: train.length,
      test_count: heldOut.length,
    },
  };
}

function images(records: readonly LabelledImage[]): ShapedValues {
  return { shape: [records.length, 32, 32, 3], values: Buffer.concat(records.map(({ pixels }) => pixels)) };
}

/** float32[n, 3, 32, 32] in [-1, 1]. */
function planes(records: readonly LabelledImage[]): ShapedValues {
  const values = pixelValues();
  const floats = records.flatMap(({ pixels }) =>
    [0, 1, 2].flatMap((channel) => Array.from({ length: 1024 }, (_, i) => values[pixels[3 * i + channel]!]!)),
  );
  return { shape: [records.length, 3, 32, 32], values: floats };
}
