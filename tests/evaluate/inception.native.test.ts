/** @file FID inside a run: the scorer against the metrics themselves, its reference, and what happens without a network. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { HostRandom } from '../../harness/core/random.ts';
import type { ImageSource } from '../../harness/data/source.ts';
import type { Engine } from '../../harness/engine/load.ts';
import { writeNpz } from '../../harness/formats/npz.ts';
import { frechetDistance } from '../../harness/metrics/values/frechet.ts';
import { Inception2015 } from '../../harness/metrics/features/inception/inception-2015.ts';
import { publishedReferences } from '../../harness/metrics/reference/published.ts';
import { typescriptAlgebra } from '../../harness/metrics/linalg/typescript.ts';
import { memoryRows } from '../../harness/metrics/features/rows.ts';
import { momentsOf, type Moments } from '../../harness/metrics/linalg/moments.ts';
import type { Plan } from '../../harness/plan/types.ts';
import { openInceptionScorer, scoringSources } from '../../harness/evaluate/inception.ts';
import type { Scorer } from '../../harness/evaluate/scorer.ts';
import * as cifar10 from '../../recipes/cifar10.ts';
import { planOf } from '../plan/fixtures.ts';
import { engineForTests } from '../engine/engine-fixture.ts';

const graphPath = join(import.meta.dirname, '../golden/metrics/inception-graph/div16-producer7/graph.pb');
const folder = mkdtempSync(join(tmpdir(), 'inception-scorer-'));
const output = { write: () => undefined, isTerminal: false };
const side = 32;
const imageBytes = side * side * 3;
const plan: Plan = planOf({ recipe: cifar10.ict });

let engine: Engine;
beforeAll(async () => {
  engine = await engineForTests();
});
let opened: Scorer[] = [];
afterEach(() => {
  for (const scorer of opened) scorer.close();
  opened = [];
});

/** Noise whose mean differs by `shift`: no two sets are alike. */
function images(count: number, seed: number, shift = 0): Uint8Array {
  const random = new HostRandom(seed, 'bootstrap', 0);
  return Uint8Array.from({ length: count * imageBytes }, () =>
    Math.min(255, Math.floor(random.uniform() * 200) + shift),
  );
}

/** By the independent path: features in one pass, moments and distance in TypeScript. */
function moments(pixels: Uint8Array): Moments {
  const count = pixels.length / imageBytes;
  const extractor = new Inception2015(graphPath, readFileSync(graphPath), { batchImages: count, outputs: [] });
  try {
    return momentsOf(memoryRows(extractor.extract(pixels, side, side).pool, extractor.widths.pool), typescriptAlgebra);
  } finally {
    extractor.close();
  }
}

function reference(pixels: Uint8Array, name: string): { path: string; moments: Moments } {
  const path = join(folder, name);
  const { mean, covariance } = moments(pixels);
  writeNpz(path, [
    ['mu', { dtype: 'float64', shape: [mean.length], data: mean }],
    ['sigma', { dtype: 'float64', shape: [mean.length, mean.length], data: covariance }],
  ]);
  return { path, moments: moments(pixels) };
}

async function open(referencePath: string, source: ImageSource | null = null): Promise<Scorer> {
  const request = { plan, engine, source, output, clock: systemClock };
  const scoring = await openInceptionScorer('cifar10', request, { inception: graphPath, reference: referencePath });
  if (scoring.kind === 'missing') throw new Error(scoring.warning.why);
  opened.push(scoring.scorer);
  return scoring.scorer;
}

/** Ten held-out images. */
const source = {
  id: 'cifar10',
  contentHash: 'b'.repeat(64),
  trainImages: 10,
  resolution: side,
  channels: 3,
  heldOutImages: 10,
  readHeldOut: (index: number, out: Uint8Array) => {
    out.set(images(1, 100 + index));
    return 0;
  },
} as unknown as ImageSource;

describe('the scorer of photographs', () => {
  it('gives the FID of the TypeScript path, and says how many eigenvalues few images leave out', async () => {
    const real = reference(images(30, 1), 'real.npz');
    const scorer = await open(real.path);
    const generated = images(20, 2, 20);
    const expected = frechetDistance(moments(generated), real.moments, typescriptAlgebra, 'clamp').value;
    const { value, metric, clamped, identity } = await scorer.score(generated);
    // One pass of 64 images, filled up, and one of 20 differ in the seventh digit of the features.
    expect(Math.abs(value / expected - 1)).toBeLessThan(1e-5);
    expect((await scorer.scoreFully(generated)).warnings[0]).toEqual({ kind: 'clamped-eigenvalues', metric, clamped });
    expect(metric).toBe('fid@20');
    expect(scorer.followed(20)).toEqual({ metric, identity });
  });

  it('measures all that the reference allows in one pass, FID first, and says once what it cannot', async () => {
    const scorer = await open(reference(images(30, 1), 'real.npz').path);
    const generated = images(20, 2, 20);
    const { scores, warnings } = await scorer.scoreFully(generated);
    expect(scores.map(({ metric }) => metric)).toEqual(['fid@20', 'is@20', 'is-openai@20', 'fd-infinity']);
    expect(scores[0].value).toBe((await scorer.score(generated)).value);
    expect(scores[1]!.identity).toMatchObject({ reference: null, referenceSha256: null, referenceImages: null });
    const missing = warnings.filter(({ kind }) => kind === 'metric-missing');
    expect(missing.map((warning) => 'metric' in warning && warning.metric)).toEqual([
      'sfid@20',
      'kid@20, precision@20, recall@20, density@20, coverage@20',
    ]);
  });

  it('calls named files by other names than those that claims are judged by', async () => {
    const { path } = reference(images(30, 1), publishedReferences.cifar10.id);
    const { scores } = await (await open(path)).scoreFully(images(20, 2));
    expect(scores[0].identity).toMatchObject({
      extractor: 'inception-2015-width-128, a named file',
      reference: 'cifar10-legacy-tensorflow-train, a named file',
    });
  });

  it('takes the floor from held-out images, and none where there are too few', async () => {
    const real = reference(images(30, 1), 'real.npz');
    const scorer = await open(real.path, source);
    const heldOut = new Uint8Array(10 * imageBytes);
    for (let i = 0; i < 10; i++) heldOut.set(images(1, 100 + i), i * imageBytes);
    const floor = await scorer.floor(10);
    expect(floor).toEqual({ value: (await scorer.score(heldOut)).value, samples: 10 });
    expect(await scorer.floor(11)).toBeNull();
    expect(await (await open(real.path)).floor(10)).toBeNull();
  });

  it('compares with training images that are at hand, and extrapolates the floor from fewer held-out ones than samples', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'features-cache-'));
    vi.stubEnv('CONSISTENCY_CACHE', cache);
    const many = {
      ...source,
      id: 'cifar10',
      contentHash: 'a'.repeat(64),
      trainImages: 300,
      heldOutImages: 300,
      readTrain: (index: number, out: Uint8Array) => {
        out.set(images(1, 1_000 + index));
        return 0;
      },
    } as unknown as ImageSource;
    const scorer = await open(reference(images(300, 1), 'real.npz').path, many);
    const { scores, warnings } = await scorer.scoreFully(images(40, 2, 20));
    const recall = scores.find(({ metric }) => metric === 'recall@40')!;
    expect(recall.identity).toMatchObject({ reference: 'cifar10 train 0-299', referenceImages: 300 });
    // Subsets of KID are of 1,000 images.
    expect(warnings.map((warning) => 'metric' in warning && warning.metric)).toContain('kid@40');
    const [direct, extrapolated] = [await scorer.floor(300), await scorer.floor(1_500)];
    expect(direct).toEqual({ value: direct!.value, samples: 300 });
    expect(extrapolated).toEqual({ value: extrapolated!.value, samples: 1_500, extrapolatedFrom: 300 });
    expect(extrapolated!.value).toBeLessThan(direct!.value);
    expect(await scorer.floor(1_501)).toBeNull();
    vi.unstubAllEnvs();
    rmSync(cache, { recursive: true });
  });

  it('refuses a reference of other features', async () => {
    const path = join(folder, 'narrow.npz');
    writeNpz(path, [
      ['mu', { dtype: 'float64', shape: [2], data: Float64Array.of(0, 0) }],
      ['sigma', { dtype: 'float64', shape: [2, 2], data: Float64Array.of(1, 0, 0, 1) }],
    ]);
    await expect(open(path)).rejects.toThrow(
      `${path}: got statistics of 2 features, expected those of inception-2015-width-128, a named file, 128 features. Build the reference again with the extractor that scores the images, or name one that was made with it.`,
    );
  });
});

describe('without network', () => {
  it('the metric is missing, and the message says which file belongs where', async () => {
    const before = { ...process.env };
    process.env.CONSISTENCY_CACHE = mkdtempSync(join(tmpdir(), 'no-cache-'));
    process.env.CONSISTENCY_MIRROR = 'http://127.0.0.1:9/';
    try {
      const sources = await scoringSources('cifar10', { inception: graphPath }, { output, clock: systemClock });
      expect(sources).toMatchObject({ kind: 'metric-missing', metric: 'FID' });
      expect('why' in sources && sources.why).toContain(
        join(process.env.CONSISTENCY_CACHE, 'references', 'cifar10_legacy_tensorflow_train_32.npz'),
      );
    } finally {
      process.env = before;
    }
  });

  it('a file that is named and absent is an error', async () => {
    await expect(scoringSources('cifar10', { inception: 'absent.pb' }, { output, clock: systemClock })).rejects.toThrow(
      'absent.pb: got no file of that name',
    );
  });
});
