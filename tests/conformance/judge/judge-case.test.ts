import { expect, it } from 'vitest';
import type { ConformanceCase } from '../../../harness/conformance/case.ts';
import { judgedAsMetric, judgedAsNetwork } from '../../../harness/conformance/judge/judge-case.ts';
import { DataError } from '../../../harness/core/errors.ts';
import { float32Tensor } from '../../../harness/formats/safetensors.ts';

function caseOf(json: ConformanceCase['json']): ConformanceCase {
  const tensors = new Map([['y', float32Tensor(Float32Array.of(1, 2), [2])]]);
  return { folder: 'pack', kind: 'k', id: 'a', config: {}, json, tensors };
}

const rule = (rtol: number) => ({ rule: 'tensor-max', rtol });
const y = (...values: number[]) => new Map([['y', values]]);

it('of the set networks holds tensors to the rule of the pack', async () => {
  const { judge } = judgedAsNetwork({ needsEngine: false, produce: () => y(1, 2.25) });
  // |2.25 - 2| / (0.25 * 2)
  expect(await judge(caseOf({ expected: ['y'], tolerance: rule(0.25) }))).toEqual({
    passed: true,
    compared: 2,
    share: 0.5,
    worst: 'y',
  });
});

it('of the set networks gives the verdict of the worst part, by its name, each part by its own tolerance', async () => {
  const { judge } = judgedAsNetwork({
    needsEngine: false,
    partsOf: () => [
      { name: 'wide', produce: () => y(1, 2.25) },
      { name: 'narrow', produce: () => y(1, 2.25), toleranceOf: () => rule(0.0625) },
    ],
  });
  expect(await judge(caseOf({ expected: ['y'], tolerance: rule(0.25) }))).toEqual({
    passed: false,
    compared: 4,
    share: 2,
    worst: 'narrow: y',
  });
});

it('of the set metrics takes what the kind refuses for the refusal that the case expects', async () => {
  const refuse = (): never => {
    throw new DataError({ where: 'x', got: 1, expected: '2', remedy: 'Mend it' });
  };
  const { judge } = judgedAsMetric({ needsEngine: false, produce: refuse });
  expect(await judge(caseOf({ expected: { outcome: 'error' } }))).toMatchObject({ passed: true, compared: 1 });
  expect(await judge(caseOf({ expected: { fid: 1 } }))).toMatchObject({ passed: false });
});

it('of the set metrics judges each part by its own expectation where it has one', async () => {
  const { judge } = judgedAsMetric({
    needsEngine: false,
    partsOf: () => [
      { produce: () => ({ values: { a: 1 } }) },
      { name: 'b', expected: { b: 4 }, tolerance: { b: { abs: 2 } }, produce: () => ({ values: { b: 3 } }) },
    ],
  });
  expect(await judge(caseOf({ expected: { a: 1 } }))).toEqual({ passed: true, compared: 2, share: 0.5, worst: 'b: b' });
});

it('knows which cases need the engine, all alike or by their config', () => {
  const produce = () => y();
  const reference = { ...caseOf({}), config: { large: true } };
  expect(judgedAsNetwork({ needsEngine: true, produce }).needsEngine(reference)).toBe(true);
  const large = (one: ConformanceCase) => one.config.large === true;
  expect(judgedAsNetwork({ needsEngine: large, produce }).needsEngine(reference)).toBe(true);
  expect(judgedAsNetwork({ needsEngine: large, produce }).needsEngine(caseOf({}))).toBe(false);
});
