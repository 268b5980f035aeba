/** @file Features of training images: computed once, kept by data and extractor, found out when changed. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import type { ImageSource } from '../../harness/data/source.ts';
import { trainFeatures } from '../../harness/evaluate/train-features.ts';
import type { FeatureExtractor } from '../../harness/metrics/features/extractor.ts';
import { meanColour } from '../metrics/mean-colour.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'train-features-'));
  vi.stubEnv('CONSISTENCY_CACHE', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true, force: true });
});

/** Image i has every pixel at i modulo 256. */
function sourceOf(trainImages: number, contentHash = 'a'.repeat(64)): ImageSource {
  const readTrain = (index: number, out: Uint8Array): number => {
    out.fill(index);
    return 0;
  };
  return { id: 'cifar10', resolution: 4, channels: 3, trainImages, contentHash, readTrain } as unknown as ImageSource;
}

function compute(source: ImageSource, lines: string[] = [], extractor: FeatureExtractor = meanColour(16)) {
  return trainFeatures({
    source,
    extractor,
    output: { write: (line) => void lines.push(line), isTerminal: false },
    clock: systemClock,
  });
}

describe('trainFeatures', () => {
  it('are those of the extractor, in the order of the images, under a name that says which', () => {
    const rows = compute(sourceOf(50));
    expect(rows.id).toBe('cifar10 train 0-49');
    expect([rows.features.n, rows.features.d]).toEqual([50, 4]);
    expect([...rows.features.range(20, 21)]).toEqual([20, 20, 20, 30]);
  });

  it('are computed once for a data set and an extractor, with what they cost, and then read', () => {
    const lines: string[] = [];
    const first = compute(sourceOf(50), lines);
    expect(lines.join('')).toMatch(
      /^features of 50 training images, once for all runs: 50 of 50 images in [^,]+, 800 B kept in .*features.cifar10-train-\w{16}\.safetensors\n$/,
    );
    const reading: FeatureExtractor = {
      ...meanColour(16),
      extract: () => {
        throw new Error('computed again');
      },
    };
    const again = compute(sourceOf(50), lines, reading);
    expect(again.sha256).toBe(first.sha256);
    expect(again.features.range(0, 50)).toEqual(first.features.range(0, 50));
    expect(lines).toHaveLength(1);
    const otherData = compute(sourceOf(50, 'b'.repeat(64)));
    const identity = { ...meanColour(16).identity, extractorSha256: 'e'.repeat(64) };
    compute(sourceOf(50), [], { ...meanColour(16), identity });
    expect(otherData.sha256).not.toBe(first.sha256);
    expect(readdirSync(join(cache, 'features'))).toHaveLength(3);
  });

  it('are computed and not kept where the cache cannot be written', () => {
    writeFileSync(join(cache, 'features'), 'no folder');
    const lines: string[] = [];
    expect(compute(sourceOf(50), lines).features.n).toBe(50);
    expect(lines.join('')).toContain(`not kept: ${join(cache, 'features')}`);
  });

  it('are of the first 10,000 images at most', () => {
    expect(compute(sourceOf(10_050)).features.n).toBe(10_000);
  });

  it('are refused when the kept file was changed', () => {
    compute(sourceOf(50));
    const [name] = readdirSync(join(cache, 'features'));
    const path = join(cache, 'features', name!);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    expect(() => compute(sourceOf(50))).toThrow(
      `${path}: got content that was changed after it was written, expected the features of training images that were kept. Remove the file: they are computed again.`,
    );
  });
});
