/** @file Kind `png-samples`: every PNG of the folder decoded, or refused with an error that names it. */
import { namesIn } from '../../../system/files.ts';
import { readInput } from '../../../system/input-file.ts';
import { join } from 'node:path';
import { decodePng } from '../../../formats/png.ts';
import { isRecord, type ConformanceCase } from '../../case.ts';
import type { Verdict } from '../../judge-tensors.ts';
import { judgeExpectation, judgeValues, worstOf, type Produced } from '../../judge-values.ts';

export async function run(reference: ConformanceCase): Promise<Verdict> {
  const expected = isRecord(reference.json.expected) ? reference.json.expected : {};
  const names = namesIn(reference.folder).filter((name) => name.endsWith('.png'));
  const perFile = names.filter((name) => isRecord(expected[name]) && 'outcome' in expected[name]);
  if (perFile.length === 0) return judgeValues(reference, () => ({ values: decodeAll(reference, names) }));
  const verdicts = [];
  for (const name of perFile) {
    const own = expected[name] as Readonly<Record<string, unknown>>;
    verdicts.push(await judgeExpectation(reference, own, {}, () => ({ values: decodeAll(reference, [name]) })));
  }
  return worstOf(verdicts);
}

function decodeAll(reference: ConformanceCase, names: readonly string[]): Produced['values'] {
  const decoded = names.map((name) => {
    const path = join(reference.folder, name);
    const { width, height, data } = decodePng(path, readInput(path, 'a PNG image'), { alpha: 'refuse' });
    return [name, { shape: [height, width, 3], values: data }] as const;
  });
  return Object.fromEntries(decoded);
}
