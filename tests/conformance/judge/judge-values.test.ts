/** @file The judge of named values: tolerances, refusals, flags, and what it never lets pass. */
import { describe, expect, it } from 'vitest';
import { configNumber, tensorOf, type ConformanceCase } from '../../../harness/conformance/case.ts';
import { judgeValues, type Produced } from '../../../harness/conformance/judge/judge-values.ts';
import { DataError, described } from '../../../harness/core/errors.ts';
import type { StoredTensor } from '../../../harness/formats/safetensors.ts';

function reference(
  expected: Record<string, unknown>,
  tolerance: Record<string, unknown>,
  tensors: Record<string, StoredTensor> = {},
): ConformanceCase {
  return {
    folder: '/pack',
    kind: 'test',
    id: 'test',
    config: {},
    json: { kind: 'test', id: 'test', expected, tolerance },
    tensors: new Map(Object.entries(tensors)),
  };
}

function float64(values: number[], shape: number[]): StoredTensor {
  return { dtype: 'F64', shape, bytes: new Uint8Array(Float64Array.from(values).buffer) };
}

const refuse = (): Produced => {
  throw new DataError({ where: 'here', got: described('nonsense'), expected: 'sense', remedy: 'Think' });
};

const give = (values: Produced['values'], flag?: string) => (): Produced =>
  flag === undefined ? { values } : { values, flag };

describe('outcome "value"', () => {
  const pack = reference({ outcome: 'value', fid: 2, by_tool: { other: 2.01 } }, { fid: { abs: 0.1, rel: 0.05 } });

  it('reports the error as a share of abs + rel |want|', async () => {
    expect(await judgeValues(pack, give({ fid: 2.1 }))).toEqual({
      passed: true,
      compared: 1,
      share: expect.closeTo(0.5, 12) as number,
      worst: 'fid',
    });
  });

  it('fails beyond the tolerance, on NaN and on a refusal', async () => {
    expect((await judgeValues(pack, give({ fid: 2.21 }))).passed).toBe(false);
    expect((await judgeValues(pack, give({ fid: NaN }))).passed).toBe(false);
    expect((await judgeValues(pack, refuse)).worst).toBe('refused: here: got nonsense, expected sense. Think.');
  });

  it('demands equality of a name without a tolerance', async () => {
    const counted = reference({ outcome: 'value', count: 257, names: ['a', 'b'] }, {});
    expect((await judgeValues(counted, give({ count: 257, names: ['a', 'b'] }))).passed).toBe(true);
    expect((await judgeValues(counted, give({ count: 256, names: ['a', 'b'] }))).passed).toBe(false);
    expect((await judgeValues(counted, give({ count: 257, names: ['b', 'a'] }))).passed).toBe(false);
  });

  it('compares nested records under the tolerance of their name and demands every entry', async () => {
    const nested = reference({ strict: { precision: 0.5, recall: 1 } }, { strict: { abs: 0, rel: 1e-12 } });
    expect((await judgeValues(nested, give({ strict: { precision: 0.5, recall: 1 } }))).passed).toBe(true);
    await expect(judgeValues(nested, give({ strict: { precision: 0.5 } }))).rejects.toThrow(
      'got "strict.recall" under',
    );
    expect((await judgeValues(nested, give({ strict: { precision: 0.4, recall: 1 } }))).worst).toBe('strict.precision');
  });

  it('reads lists of lists and the texts NaN and Infinity as numbers', async () => {
    const listed = reference({ cov: [[1, 2], [3, 'Infinity']], hole: 'NaN' }, {}); // prettier-ignore
    expect((await judgeValues(listed, give({ cov: Float64Array.of(1, 2, 3, Infinity), hole: NaN }))).passed).toBe(true);
    expect((await judgeValues(listed, give({ cov: Float64Array.of(1, 2, 3, 4), hole: NaN }))).passed).toBe(false);
  });
});

describe('tensors', () => {
  it('compares shapes when they are given, and lengths always', async () => {
    const pack = reference({ mu: { tensor: 'm' } }, { mu: { abs: 0, rel: 0 } }, { m: float64([1, 2, 3, 4], [2, 2]) });
    expect((await judgeValues(pack, give({ mu: Float64Array.of(1, 2, 3, 4) }))).passed).toBe(true);
    expect((await judgeValues(pack, give({ mu: { shape: [2, 2], values: [1, 2, 3, 4] } }))).passed).toBe(true);
    expect((await judgeValues(pack, give({ mu: { shape: [4], values: [1, 2, 3, 4] } }))).worst).toBe(
      'mu: shape [4], expected [2,2]',
    );
    expect((await judgeValues(pack, give({ mu: Float64Array.of(1, 2, 3) }))).worst).toBe(
      'mu: 3 values, expected 4 values',
    );
  });

  it('scales rel_diag with the square root of the two diagonal entries', async () => {
    const pack = reference(
      { cov: { tensor: 'c' } },
      { cov: { abs: 0, rel_diag: 1e-3 } },
      { c: float64([4, 0, 0, 9], [2, 2]) },
    );
    expect((await judgeValues(pack, give({ cov: Float64Array.of(4, 0.003, 0, 9) }))).share).toBeCloseTo(0.5, 12);
    expect((await judgeValues(pack, give({ cov: Float64Array.of(4, 0.007, 0, 9) }))).passed).toBe(false);
  });

  it('applies the pattern with the longest matching beginning and demands every tensor it matches', async () => {
    const pack = reference(
      { pool_32: { tensor: 'm' }, softmax_with_batch_4: 'recorded', pool_3_max_abs: 9 },
      { 'pool_*': { abs: 0.5, rel: 0 }, '*': { abs: 0, rel: 0 } },
      { m: float64([1], [1]) },
    );
    expect((await judgeValues(pack, give({ pool_32: [1.25] }))).share).toBe(0.5);
    await expect(judgeValues(pack, give({}))).rejects.toThrow('got "pool_32" under');
  });

  it('judges a produced name against another expected name under its own tolerance', async () => {
    const pack = reference(
      { adm_64: { tensor: 'm' } },
      { adm_64_from_file: { abs: 2, rel: 0 } },
      { m: float64([1], [1]) },
    );
    const verdict = await judgeValues(pack, () => ({
      values: { adm_64_from_file: [2] },
      against: { adm_64_from_file: 'adm_64' },
    }));
    expect(verdict).toEqual({ passed: true, compared: 1, share: 0.5, worst: 'adm_64_from_file' });
  });
});

describe('a case that would compare nothing', () => {
  const fid = { fid: { abs: 1e9, rel: 0 } };

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty object', {}],
    ['a list', ['fid']],
    ['a text', 'fid'],
  ])('is malformed: %s', async (_, expected) => {
    const pack = { ...reference({}, fid), json: { kind: 'test', id: 'test', expected, tolerance: fid } };
    const judged = Promise.resolve().then(() => judgeValues(pack, give({ fid: 1 })));
    await expect(judged).rejects.toThrow('expected an object of named values, or an outcome, under "expected"');
  });

  it('is malformed where the kind does not compute what is expected, with the name that could have been meant', async () => {
    await expect(judgeValues(reference({ fdi: 2 }, fid), give({ fid: 1 }))).rejects.toThrow(
      '/pack/case.json: got "fdi" under "expected", expected names of values that the kind test computes for such a case. Did you mean "fid".',
    );
    await expect(judgeValues(reference({ fid: 1, extra: { tensor: 'm' } }, fid), give({ fid: 1 }))).rejects.toThrow(
      'got "extra" under "expected"',
    );
  });

  it('counts no comparison where only an outcome, notes or an empty record is expected', async () => {
    for (const expected of [{ outcome: 'value' }, { by_tool: { other: 1 } }, { check_values: {} }, { images: [] }])
      expect((await judgeValues(reference(expected, {}), give({ check_values: {}, images: [] }))).compared).toBe(0);
  });

  it('is malformed where a refusal is expected and a value too', async () => {
    await expect(judgeValues(reference({ outcome: 'error', fid: 1 }, fid), refuse)).rejects.toThrow(
      'got "error", expected no value such as "fid" beside it',
    );
  });

  it('is malformed where every error is within the tolerance', async () => {
    for (const abs of [Infinity, -1, 'much'])
      await expect(judgeValues(reference({ fid: 1 }, { fid: { abs } }), give({ fid: 7 }))).rejects.toThrow(
        'tolerance fid.abs: got ',
      );
  });
});

describe('refusals', () => {
  it('wants a harness error where the outcome is "error"', async () => {
    const pack = reference({ outcome: 'error' }, {});
    expect((await judgeValues(pack, refuse)).passed).toBe(true);
    expect((await judgeValues(pack, give({ fid: 1 }))).worst).toBe('no error');
  });

  it('does not take a crash for a refusal', async () => {
    const pack = reference({ outcome: 'error' }, {});
    const crash = (): Produced => {
      throw new TypeError('undefined is not a function');
    };
    await expect(judgeValues(pack, crash)).rejects.toThrow('undefined is not a function');
  });

  it('does not take a broken pack for a refusal', async () => {
    const pack = reference({ outcome: 'error' }, {});
    const incomplete = (): Produced => ({ values: { k: configNumber(pack, 'k') } });
    const empty = (): Produced => ({ values: { x: tensorOf(pack, 'x').shape } });
    await expect(judgeValues(pack, incomplete)).rejects.toThrow('/pack/case.json at config.k: got nothing');
    await expect(judgeValues(pack, empty)).rejects.toThrow('/pack/tensors.safetensors: got no tensor "x"');
  });

  it('accepts a refusal, or a flagged value near the recorded one, where the outcome is "refuse-or-flag"', async () => {
    const pack = reference(
      { outcome: 'refuse-or-flag', fid_if_flagged: 58 },
      { fid_if_flagged: { abs: 1e-4, rel: 1e-4 } },
    );
    expect((await judgeValues(pack, refuse)).passed).toBe(true);
    expect((await judgeValues(pack, give({ fid: 58.001 }, 'clamped'))).passed).toBe(true);
    expect((await judgeValues(pack, give({ fid: 59 }, 'clamped'))).worst).toBe('fid_if_flagged');
    expect((await judgeValues(pack, give({ fid: 58 }))).worst).toBe('neither refused nor flagged');
  });

  it('accepts a refusal or the value where the outcome begins with "error-or-"', async () => {
    const pack = reference({ outcome: 'error-or-convert', mu: 3 }, {});
    expect((await judgeValues(pack, refuse)).passed).toBe(true);
    expect((await judgeValues(pack, give({ mu: 3 }))).passed).toBe(true);
    expect((await judgeValues(pack, give({ mu: 4 }))).passed).toBe(false);
  });

  it('says that a pack with an unknown outcome is malformed', async () => {
    await expect(judgeValues(reference({ outcome: 'perhaps' }, {}), refuse)).rejects.toThrow(
      '/pack/case.json: got "perhaps", expected an outcome: value, error, refuse-or-flag or error-or-<something>. Fetch the pack again.',
    );
  });
});
