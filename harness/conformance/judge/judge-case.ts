/** @file Judging of a whole case by the set of its pack: the kind computes, the set's rule compares. */
import type { ConformanceCase } from '../case.ts';
import type { MetricKind, NetworkKind } from '../kinds/kind.ts';
import { judgeEach } from './judge-each.ts';
import { judgeTensors, type CaseVerdict } from './judge-tensors.ts';
import { expectedRecord, judgeExpectation, judgeValues, toleranceRecord, worstOf } from './judge-values.ts';

/** A kind together with the judge of its set. */
export interface JudgedKind {
  readonly needsEngine: (reference: ConformanceCase) => boolean;
  /** Runs one case and judges it. */
  readonly judge: (reference: ConformanceCase) => Promise<CaseVerdict>;
}

/** Set `networks`: tensors by the rule of the pack, or each by a tolerance of its own. */
export function judgedAsNetwork(kind: NetworkKind): JudgedKind {
  const judge = async (reference: ConformanceCase): Promise<CaseVerdict> => {
    if ('produce' in kind) return judgeTensors(reference, await kind.produce(reference));
    return worstPart(kind.partsOf(reference), async ({ produce, toleranceOf, expected }) =>
      judgeEach(reference, await produce(), toleranceOf ?? (() => reference.json.tolerance), expected),
    );
  };
  return { needsEngine: needsEngine(kind), judge };
}

/** Set `metrics`: values and refusals by the names under `expected`. */
export function judgedAsMetric(kind: MetricKind): JudgedKind {
  const judge = async (reference: ConformanceCase): Promise<CaseVerdict> => {
    if ('produce' in kind) return judgeValues(reference, () => kind.produce(reference));
    return worstPart(kind.partsOf(reference), ({ produce, expected, tolerance }) =>
      judgeExpectation(
        reference,
        expected ?? expectedRecord(reference),
        tolerance ?? toleranceRecord(reference),
        produce,
      ),
    );
  };
  return { needsEngine: needsEngine(kind), judge };
}

function needsEngine({ needsEngine: needs }: NetworkKind | MetricKind): JudgedKind['needsEngine'] {
  return typeof needs === 'function' ? needs : () => needs;
}

/** One part after the other: two networks at once would need the memory of both. */
async function worstPart<Part extends { readonly name?: string }>(
  parts: readonly Part[],
  judge: (part: Part) => Promise<CaseVerdict>,
): Promise<CaseVerdict> {
  const verdicts: CaseVerdict[] = [];
  for (const part of parts) {
    const verdict = await judge(part);
    verdicts.push(part.name === undefined ? verdict : { ...verdict, worst: `${part.name}: ${verdict.worst}` });
  }
  return worstOf(verdicts);
}
