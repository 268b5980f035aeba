/** @file Kind `reference-stats`: statistics files of every layout, and files that must be refused. */
import { npyNumbers } from '../../../formats/npy.ts';
import { NpzFile } from '../../../formats/npz.ts';
import { readReference } from '../../../metrics/reference/reference.ts';
import { configFile, type ConformanceCase } from '../../case.ts';
import type { Produced, ProducedValue } from '../../judge/judge-values.ts';
import type { MetricKind } from '../kind.ts';

export const kind: MetricKind = { needsEngine: false, produce: read };

async function read(reference: ConformanceCase): Promise<Produced> {
  const path = configFile(reference, 'file');
  const values: Record<string, ProducedValue> = {};
  if (reference.config.parse_only === true) {
    // The matrix is no covariance on purpose: only its reading is tested.
    Object.assign(values, arrays(path, /^(mu|sigma)$/));
  } else if (!holdsImagesAlone(path)) {
    const statistics = await readReference(path);
    const d = statistics.pool.mean.length;
    values.mu = { shape: [d], values: statistics.pool.mean };
    values.sigma = { shape: [d, d], values: statistics.pool.covariance };
    if (statistics.spatial) {
      const wide = statistics.spatial.mean.length;
      values.mu_s = { shape: [wide], values: statistics.spatial.mean };
      values.sigma_s = { shape: [wide, wide], values: statistics.spatial.covariance };
    }
  }
  // Images and labels, as OpenAI's sampling scripts save them.
  Object.assign(values, arrays(path, /^arr_\d+$/));
  return { values };
}

function arrays(path: string, wanted: RegExp): Record<string, ProducedValue> {
  const file = new NpzFile(path);
  try {
    const names = file.names.filter((name) => wanted.test(name));
    return Object.fromEntries(
      names.map((name) => {
        const array = file.read(name);
        return [name, { shape: array.shape, values: npyNumbers(`${path}, array "${name}"`, array) }];
      }),
    );
  } finally {
    file.close();
  }
}

function holdsImagesAlone(path: string): boolean {
  const file = new NpzFile(path);
  try {
    return file.has('arr_0') && !file.has('mu') && !file.has('sigma');
  } finally {
    file.close();
  }
}
