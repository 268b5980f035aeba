/** @file Rows of features in memory and in a file: the same values, finite ones only, nothing left behind. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryRows, RowFile } from '../../../harness/metrics/features/rows.ts';
import { normalMatrix } from '../linalg/matrices.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rows-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('RowFile', () => {
  it('gives back what memory gives', () => {
    const values = Float32Array.from(normalMatrix(50, 3, 80));
    const memory = memoryRows(values, 3);
    const file = new RowFile(3, folder);
    file.add(values.subarray(0, 60));
    file.add(values.subarray(60));
    expect(file.n).toBe(50);
    expect(file.range(7, 31)).toEqual(memory.range(7, 31));
    expect(file.pick([49, 0, 0])).toEqual(memory.pick([49, 0, 0]));
    expect(file.range(5, 5)).toEqual(new Float64Array(0));
    file.close();
  });

  it('has no name on the disk, so that nothing stays when its process is killed', () => {
    const file = new RowFile(2, folder);
    file.add(Float32Array.of(1, 2));
    expect(readdirSync(folder)).toEqual([]);
    expect(file.range(0, 1)).toEqual(Float64Array.of(1, 2));
    file.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('adds nothing of a batch that is not finite', () => {
    const file = new RowFile(2, folder);
    file.add(Float32Array.of(1, 2));
    expect(() => file.add(Float32Array.of(3, 4, Infinity, 6))).toThrow(
      'features: got Infinity in row 2, column 0, expected finite numbers. Find the sample that produced it: a metric over the others would describe another set.',
    );
    expect(() => file.add(Float32Array.of(3))).toThrow(
      'features: got 1 numbers, expected whole rows of 2 features. Check the shape of the features.',
    );
    expect(file.n).toBe(1);
    file.close();
  });

  it('refuses to read past its end', () => {
    const file = new RowFile(2, folder);
    file.add(Float32Array.of(1, 2));
    expect(() => file.range(0, 2)).toThrow(/got rows up to 1, expected rows 0 to 1/);
    file.close();
  });

  it('names a folder that cannot be written', () => {
    expect(existsSync(join(folder, 'none'))).toBe(false);
    expect(() => new RowFile(2, join(folder, 'none'))).toThrow(/none/);
  });
});

describe('memoryRows', () => {
  it('refuses broken rows and values that are not finite', () => {
    expect(() => memoryRows(new Float64Array(5), 2)).toThrow(
      'features: got 5 numbers, expected whole rows of 2 features.',
    );
    expect(() => memoryRows(Float64Array.of(0, NaN), 1)).toThrow('features: got NaN in row 1, column 0');
  });
});
