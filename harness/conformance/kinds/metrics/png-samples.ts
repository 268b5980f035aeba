/** @file Kind `png-samples`: decodes every PNG of a folder, or refuses it with an error that names the file. */
import { isRecord } from '../../../core/record.ts';
import { namesIn } from '../../../system/files/files.ts';
import { readInput } from '../../../system/files/input-file.ts';
import { join } from 'node:path';
import { decodePng } from '../../../formats/png.ts';
import { type ConformanceCase } from '../../case.ts';
import { notComputed } from '../../judge/judge-tensors.ts';
import { expectedRecord, type Produced, type ShapedValues } from '../../judge/judge-values.ts';
import type { MetricKind, ValuePart } from '../kind.ts';

export const kind: MetricKind = { needsEngine: false, partsOf };

/** Files with an outcome of their own are judged one by one, the others together. */
function partsOf(reference: ConformanceCase): ValuePart[] {
  const expected = expectedRecord(reference);
  const names = namesIn(reference.folder).filter((name) => name.endsWith('.png'));
  const parts: ValuePart[] = [];
  const together: Record<string, unknown> = {};
  for (const [name, own] of Object.entries(expected)) {
    if (!isRecord(own) || !('outcome' in own)) {
      together[name] = own;
      continue;
    }
    if (!names.includes(name)) throw notComputed(reference, name, names);
    parts.push({ expected: own, tolerance: {}, produce: () => decodeAll(reference, [name]) });
  }
  // The outcome of a case whose files all have their own sums these up.
  if (parts.length === 0 || Object.keys(together).some((name) => name !== 'outcome')) {
    const rest = names.filter((name) => !isRecord(expected[name]) || name in together);
    parts.push({ expected: together, produce: () => decodeAll(reference, rest) });
  }
  return parts;
}

async function decodeAll(reference: ConformanceCase, names: readonly string[]): Promise<Produced> {
  const decoded: [string, ShapedValues][] = [];
  for (const name of names) {
    const path = join(reference.folder, name);
    const { width, height, data } = await decodePng(path, readInput(path, 'a PNG image'), { alpha: 'refuse' });
    decoded.push([name, { shape: [height, width, 3], values: data }]);
  }
  return { values: Object.fromEntries(decoded) };
}
