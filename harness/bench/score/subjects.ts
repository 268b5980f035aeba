/**
 * @file Table of scoring tools: what each computes, and by which way to 299 pixels.
 *
 * Values are compared among those that compute the same quantity.
 */
import { UsageError } from '../../core/errors.ts';
import { suggestion } from '../../core/suggest.ts';
import { comparedMetrics, type ComparedMetric, type InputWay } from '../../results/benchmark/score-benchmark.ts';

export interface ScoreSubject {
  readonly id: 'harness' | 'torch-fidelity' | 'clean-fid' | 'clean-fid-clean' | 'pytorch-fid';
  readonly name: string;
  /** Name of the package among the requirements; null for this harness. */
  readonly package: 'torch-fidelity' | 'clean-fid' | 'pytorch-fid' | null;
  /** Of clean-fid. */
  readonly mode: 'legacy_tensorflow' | 'clean' | null;
  readonly way: InputWay;
  readonly metrics: readonly ComparedMetric[];
}

const all = Object.keys(comparedMetrics) as ComparedMetric[];

export const scoreSubjects: readonly ScoreSubject[] = [
  { id: 'harness', name: 'this harness', package: null, mode: null, way: 'tensorflow', metrics: all },
  {
    id: 'torch-fidelity',
    name: 'torch-fidelity',
    package: 'torch-fidelity',
    mode: null,
    way: 'tensorflow',
    metrics: all,
  },
  {
    id: 'clean-fid',
    name: 'clean-fid, legacy_tensorflow',
    package: 'clean-fid',
    mode: 'legacy_tensorflow',
    way: 'tensorflow',
    metrics: ['frechet', 'kid'],
  },
  {
    id: 'clean-fid-clean',
    name: 'clean-fid, clean',
    package: 'clean-fid',
    mode: 'clean',
    way: 'bicubic',
    metrics: ['frechet', 'kid'],
  },
  {
    id: 'pytorch-fid',
    name: 'pytorch-fid',
    package: 'pytorch-fid',
    mode: null,
    way: 'half-pixel',
    metrics: ['frechet'],
  },
];

export const scoreSubjectIds = scoreSubjects.map(({ id }) => id);

/** @throws UsageError for a name that is none. @param only ids; null: all */
export function chosenSubjects(only: readonly string[] | null): readonly ScoreSubject[] {
  const stranger = only?.find((id) => !scoreSubjects.some((subject) => subject.id === id));
  if (stranger === undefined) return scoreSubjects.filter(({ id }) => only === null || only.includes(id));
  throw new UsageError({
    where: '--only',
    got: stranger,
    expected: 'subjects of this benchmark',
    remedy: suggestion(stranger, scoreSubjectIds),
  });
}
