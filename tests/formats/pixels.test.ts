/** @file Bytes and numbers: both scalings, both quantisations, and nothing that is not finite. */
import { describe, expect, test } from 'vitest';
import { pixelValues, quantise } from '../../harness/formats/pixels.ts';

describe('from bytes', () => {
  test('values reach -1 and 1 and rise by 2/255', () => {
    const values = pixelValues();
    expect(values[0]).toBe(-1);
    expect(values[255]).toBe(1);
    // One rounding of a number below 2 and one below 1: at most half a unit in the last place each.
    values.forEach((value, byte) =>
      expect(Math.abs(value - (byte / 127.5 - 1))).toBeLessThanOrEqual(2 ** -24 + 2 ** -25),
    );
  });

  test("the forms of both authors' loaders are the same bits", () => {
    const f = Math.fround;
    pixelValues().forEach((value, u) => {
      expect(value).toBe(f(f(u / 127.5) - 1));
      expect(value).toBe(f(f(f(u / 255) - 0.5) / 0.5));
    });
  });
});

describe('to bytes', () => {
  test('rounding gives back every byte, truncation every byte whose number did not fall below it', () => {
    const values = pixelValues();
    expect([...quantise(values, 'round')]).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
    quantise(values, 'truncate').forEach((byte, wanted) => {
      expect(wanted - byte === 0 || wanted - byte === 1).toBe(true);
    });
  });

  test('half a level is dropped by truncation and kept by rounding', () => {
    const half = Float32Array.of((100.5 - 127.5) / 127.5, (100.25 - 127.5) / 127.5, (100.75 - 127.5) / 127.5);
    expect([...quantise(half, 'truncate')]).toEqual([100, 100, 100]);
    expect([...quantise(half, 'round')]).toEqual([101, 100, 101]);
  });

  test('values beyond the range are clamped', () => {
    expect([...quantise(Float32Array.of(-1.5, 1.5, -1e30, 1e30), 'truncate')]).toEqual([0, 255, 0, 255]);
  });

  test('values that are not finite are counted and refused', () => {
    const values = Float32Array.of(0, NaN, 0.5, Infinity, -Infinity, 0, 0, 0);
    expect(() => quantise(values, 'truncate')).toThrow(
      'generated images: got 3 of 8 values that are not finite, expected finite values only. Sample from an earlier checkpoint; the weights of this one have diverged.',
    );
  });
});
