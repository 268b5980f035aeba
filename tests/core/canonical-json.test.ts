/** @file One spelling per value, and refusal of what JSON would silently bend. */
import { describe, expect, it } from 'vitest';
import { canonicalJson, fingerprint } from '../../harness/core/canonical-json.ts';

describe('canonicalJson', () => {
  it('sorts keys by code unit, at every depth, and leaves no spaces', () => {
    expect(canonicalJson({ b: { d: 1, c: [true, null] }, a: 'x', Z: 0 })).toBe(
      '{"Z":0,"a":"x","b":{"c":[true,null],"d":1}}',
    );
  });

  it('spells equal numbers alike', () => {
    expect(canonicalJson([1e-4, 0.0001, 1_000, 1e3, 0.999_93, -0])).toBe('[0.0001,0.0001,1000,1000,0.99993,0]');
  });

  it('leaves out keys without a value, so that an absent option and an undefined one are the same', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it('takes objects without a prototype and shared parts', () => {
    const part = { x: 1 };
    const bare = Object.assign(Object.create(null) as object, { k: part, l: part });
    expect(canonicalJson(bare)).toBe('{"k":{"x":1},"l":{"x":1}}');
  });

  it.each<[string, unknown, string]>([
    ['NaN', { a: [NaN] }, '$.a[0]: got "NaN"'],
    ['Infinity', { a: Infinity }, '$.a: got "Infinity"'],
    ['a Map', { a: new Map() }, '$.a: got "Map"'],
    ['a typed array', new Float64Array(1), '$: got "Float64Array"'],
    ['a function', { f: () => 1 }, '$.f: got "function"'],
    ['a hole', [undefined], '$[0]: got "undefined"'],
    ['a bigint', 1n, '$: got "bigint"'],
  ])('refuses %s', (_, value, start) => {
    expect(() => canonicalJson(value)).toThrow(
      `canonical JSON at ${start}, expected null, a boolean, a finite number, a string, an array or a plain object. Convert the value before it is fingerprinted.`,
    );
  });

  it('refuses a cycle', () => {
    const loop: Record<string, unknown> = {};
    loop.self = { loop };
    expect(() => canonicalJson(loop)).toThrow('canonical JSON at $.self.loop: got "a cycle"');
  });
});

describe('fingerprint', () => {
  it('is the sha256 of the canonical text', () => {
    // printf '{"a":1,"b":2}' | sha256sum
    expect(fingerprint({ b: 2, a: 1 })).toBe('43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777');
  });
});
