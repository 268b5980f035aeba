/** @file Judges the tensors of a case one by one, each with its own tolerance. */
import type { ConformanceCase } from '../case.ts';
import { expectedNames, judgeTensors, type ProducedTensors, type CaseVerdict } from './judge-tensors.ts';
import { worstOf } from './judge-values.ts';

/**
 * Judges expected tensors, all unless named, each by the tolerance that `toleranceOf` has for it.
 * @param toleranceOf a tolerance as it stands in a pack, of rule `tensor-max` or `elementwise`
 */
export function judgeEach(
  reference: ConformanceCase,
  produced: ProducedTensors,
  toleranceOf: (name: string) => unknown,
  names: readonly string[] = expectedNames(reference),
): CaseVerdict {
  const verdicts = names.map((name) => {
    const json = { ...reference.json, expected: [name], tolerance: toleranceOf(name) };
    return judgeTensors({ ...reference, json }, produced);
  });
  return worstOf(verdicts);
}
