/** @file Scoring and reference building from files to text, with an extractor that needs no engine. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../harness/core/clock.ts';
import { silence, type Output } from '../../harness/system/progress.ts';
import { readNpz, writeNpz } from '../../harness/formats/npz.ts';
import { torchFidelityKid } from '../../harness/metrics/values/kid.ts';
import { typescriptAlgebra as algebra } from '../../harness/metrics/linalg/typescript.ts';
import type { MeasureOptions } from '../../harness/metrics/measurement.ts';
import { differenceText, referenceText, scoreText } from '../../harness/metrics/print.ts';
import { referenceDifference } from '../../harness/metrics/reference/difference.ts';
import { openReference, readReference } from '../../harness/metrics/reference/reference.ts';
import { memoryImages, openImages } from '../../harness/metrics/features/images.ts';
import { buildReference, ImageScorer, type ImageScores, type Workplace } from '../../harness/metrics/image-scorer.ts';
import { memoryRows } from '../../harness/metrics/features/rows.ts';
import { HostRandom } from '../../harness/core/random.ts';
import { meanColour } from './mean-colour.ts';

let folder: string;
let time: number;
const clock: Clock = { now: () => (time += 100), date: () => new Date(0) };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'score-'));
  time = 0;
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const options: MeasureOptions = {
  algebra,
  device: 'cpu',
  whenSingular: 'refuse',
  kid: { ...torchFidelityKid, subsets: 5, subsetSize: 50 },
  seed: 0,
};

function workplace(output: Output = silence): Workplace {
  return { extractor: meanColour(16), output, clock };
}

function images(name: string, count: number, seed: number): string {
  const path = join(folder, name);
  let state = seed;
  const data = Uint8Array.from({ length: count * 48 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  writeNpz(path, [['arr_0', { dtype: 'uint8', shape: [count, 4, 4, 3], data }]]);
  return path;
}

async function build(source: string, id = 'noise'): Promise<unknown> {
  const target = join(folder, `${id}.npz`);
  const request = { images: await openImages(source), target, id, software: 'consistency-harness 0.1.0' };
  return buildReference(request, options, workplace());
}

interface Request {
  readonly images: string;
  readonly reference: string;
  readonly referenceImages?: string;
}

async function scoreImages(
  { images: path, reference, referenceImages }: Request,
  at: Workplace = workplace(),
): Promise<ImageScores> {
  const scorer = new ImageScorer(await openReference(reference, referenceImages), options, at);
  return scorer.all(await openImages(path)).finally(() => scorer.close());
}

describe('buildReference', () => {
  it('writes statistics and where they come from', async () => {
    expect(await build(images('a.npz', 100, 1))).toMatchObject({
      id: 'noise',
      images: 100,
      height: 4,
      width: 4,
      extractor: 'mean-colour',
      algebra: 'typescript',
      software: 'consistency-harness 0.1.0',
    });
    const reference = await readReference(join(folder, 'noise.npz'));
    expect(reference.pool.n).toBe(100);
    expect(reference.spatial!.mean).toHaveLength(4);
  });

  it('leaves nothing behind when the images are wrong', async () => {
    await expect(build(images('one.npz', 1, 1))).rejects.toThrow('moments: got 1 row of features');
    expect(existsSync(join(folder, 'noise.npz'))).toBe(false);
    expect(readdirSync(folder)).toEqual(['one.npz']);
  });
});

describe('ImageScorer', () => {
  it('scores images against a reference, with rate and time left', async () => {
    await build(images('real.npz', 100, 2));
    const lines: string[] = [];
    const output: Output = { write: (text) => void lines.push(text), isTerminal: false };
    const request = {
      images: images('samples.npz', 90, 3),
      reference: join(folder, 'noise.npz'),
      referenceImages: join(folder, 'real.npz'),
    };
    const scored = await scoreImages(request, workplace(output));
    expect(scored.scores.map(({ metric }) => metric)).toEqual([
      'fid@90',
      'sfid@90',
      'is@90',
      'is-openai@90',
      'kid@90',
      'precision@90',
      'recall@90',
      'density@90',
      'coverage@90',
      'fd-infinity',
    ]);
    expect(scored.warnings).toEqual([]);
    expect(scored.reference.id).toBe('noise');
    expect(lines.at(-1)).toMatch(/^features of reference images: 100 of 100 images in .* images\/s\n$/);
  });

  it('is zero for the reference itself', async () => {
    const real = images('real.npz', 100, 4);
    await build(real);
    const { scores } = await scoreImages({ images: real, reference: join(folder, 'noise.npz') });
    expect(Math.abs(scores[0].value)).toBeLessThan(1e-9);
  });

  it('finds the reference images inside the reference', async () => {
    await build(images('real.npz', 100, 5));
    const path = join(folder, 'openai.npz');
    const statistics = readNpz(join(folder, 'noise.npz'), ['mu', 'sigma']);
    const [, samples] = [...readNpz(images('batch.npz', 60, 6), ['arr_0'])][0]!;
    writeNpz(path, [...statistics, ['arr_0', samples]] as Parameters<typeof writeNpz>[1]);
    const { scores, warnings } = await scoreImages({ images: join(folder, 'real.npz'), reference: path });
    expect(scores.find(({ metric }) => metric === 'recall@100')!.details.referenceRows).toBe(60);
    expect(scores[0].identity.referenceImages).toBeNull();
    expect(warnings).toEqual([
      { kind: 'metric-missing', metric: 'sfid@100', why: 'openai.npz holds no mu_s and sigma_s.' },
    ]);
  });

  it('refuses a reference of another extractor', async () => {
    const real = images('real.npz', 100, 7);
    await build(real);
    const other = { ...meanColour(16), identity: { ...meanColour(16).identity, resize: 'legacy-bilinear-299' } };
    const request = { images: real, reference: join(folder, 'noise.npz') };
    await expect(scoreImages(request, { ...workplace(), extractor: other })).rejects.toThrow(
      `${join(folder, 'noise.npz')}: got statistics of mean-colour (resize none), expected those of mean-colour (resize legacy-bilinear-299). Build the reference again with the extractor that scores the images, or name one that was made with it.`,
    );
  });

  it('refuses a reference of another network under the same name, and of another width without provenance', async () => {
    const real = images('real.npz', 100, 7);
    await build(real);
    const request = { images: real, reference: join(folder, 'noise.npz') };
    const retrained = { ...meanColour(16), identity: { ...meanColour(16).identity, extractorSha256: 'd'.repeat(64) } };
    await expect(scoreImages(request, { ...workplace(), extractor: retrained })).rejects.toThrow(
      `got statistics of mean-colour (extractorSha256 ${'c'.repeat(64)}), expected those of mean-colour (extractorSha256 ${'d'.repeat(64)})`,
    );
    const bare = join(folder, 'bare.npz');
    const statistics = [...readNpz(join(folder, 'noise.npz'), ['mu', 'sigma'])];
    writeNpz(bare, statistics as Parameters<typeof writeNpz>[1]);
    const wider = { ...meanColour(16), widths: { ...meanColour(16).widths, pool: 5 } };
    await expect(scoreImages({ ...request, reference: bare }, { ...workplace(), extractor: wider })).rejects.toThrow(
      `${bare}: got statistics of 4 features, expected those of mean-colour, 5 features.`,
    );
  });

  it('compares with other images where the reference holds none, and says so in the identity of those metrics alone', async () => {
    await build(images('real.npz', 100, 2));
    const reference = await openReference(join(folder, 'noise.npz'));
    const random = new HostRandom(7, 'bootstrap', 0);
    const features = memoryRows(
      Float32Array.from({ length: 80 * 4 }, () => 128 + random.normal()),
      4,
    );
    const scorer = new ImageScorer(reference, options, workplace(), () =>
      Promise.resolve({ id: 'train 0-79', sha256: 'f'.repeat(64), features }),
    );
    const { scores, warnings } = await scorer.all(await openImages(images('samples.npz', 90, 3)));
    scorer.close();
    expect(warnings).toEqual([]);
    const against = new Map(scores.map(({ metric, identity }) => [metric, identity]));
    expect(against.get('recall@90')).toMatchObject({
      reference: 'train 0-79',
      referenceSha256: 'f'.repeat(64),
      referenceImages: 80,
    });
    expect(against.get('kid@90')!.reference).toBe('train 0-79');
    expect(against.get('fid@90')).toMatchObject({ reference: 'noise', referenceImages: 100 });
    expect(against.get('is@90')!.reference).toBeNull();
  });

  it('extrapolates the distance of few images to more, along a line in 1/N', async () => {
    const noise = (seed: number, count: number) => {
      const random = new HostRandom(seed, 'bootstrap', 0);
      return memoryImages(
        'noise',
        Uint8Array.from({ length: count * 48 }, () => random.below(256)),
        4,
        4,
      );
    };
    const target = join(folder, 'noise.npz');
    await buildReference({ images: noise(0, 4_000), target, id: 'noise', software: 'a test' }, options, workplace());
    const scorer = new ImageScorer(await openReference(target), options, workplace());
    const mean = async (sets: number, value: (seed: number) => Promise<number>): Promise<number> => {
      let sum = 0;
      for (let seed = 1; seed <= sets; seed++) sum += await value(seed);
      return sum / sets;
    };
    const ofFew = await mean(40, async (seed) => (await scorer.first(noise(seed, 200))).value);
    const ofMany = await mean(10, async (seed) => (await scorer.first(noise(100 + seed, 1_600))).value);
    const extrapolated = await mean(40, (seed) => scorer.extrapolated(noise(seed, 200), 1_600));
    scorer.close();
    // The bias of few images, without which they read as many do; what is left is the scatter of the means.
    expect(ofFew / ofMany).toBeGreaterThan(3);
    expect(Math.abs(extrapolated - ofMany)).toBeLessThan(0.3 * (ofFew - ofMany));
  });

  it('takes the features of the reference images once for several sets, and leaves no file behind', async () => {
    await build(images('real.npz', 100, 2));
    const lines: string[] = [];
    const reference = await openReference(join(folder, 'noise.npz'), join(folder, 'real.npz'));
    const temporary = mkdtempSync(join(folder, 'features-'));
    vi.stubEnv('TMPDIR', temporary);
    const scorer = new ImageScorer(
      reference,
      options,
      workplace({ write: (text) => void lines.push(text), isTerminal: false }),
    );
    const samples = await openImages(images('samples.npz', 90, 3));
    const [whole, again] = [await scorer.all(samples), await scorer.all(samples)];
    expect(again.scores).toEqual(whole.scores);
    const { metric, identity, value } = await scorer.first(samples);
    expect(value).toBe(whole.scores[0].value);
    expect(scorer.followed(90)).toEqual({ metric, identity });
    expect(lines.filter((line) => line.startsWith('features of reference images'))).toHaveLength(1);
    // Features lie in files that have no name any more.
    expect(readdirSync(temporary)).toEqual([]);
    scorer.close();
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe('as text', () => {
  it('a score is a line per metric, what qualifies it, and what is missing', async () => {
    await build(images('real.npz', 100, 8));
    const scored = await scoreImages({ images: images('samples.npz', 30, 9), reference: join(folder, 'noise.npz') });
    const text = scoreText(scored, 1);
    expect(text).toMatch(/^images: {4}.*samples\.npz \(30, sha256 [0-9a-f]{16}\)$/m);
    expect(text).toMatch(/^fid@30\/nfe1 +[0-9.]+ {2}\(meanTerm .*, clampedCount 0, route cholesky\)$/m);
    expect(text).toMatch(/^is@30\/nfe1 +[0-9.]+ ± [0-9.e-]+ {2}\(splits 10\)$/m);
    expect(text).toContain('Values of 30 samples stand beside no published ones, which are of 50000.');
    expect(text).toMatch(/^kid@30 is missing: .*holds no reference images/m);
  });

  it('a reference tells its provenance, a difference its distance', async () => {
    await build(images('a.npz', 100, 10), 'first');
    await build(images('b.npz', 80, 11), 'second');
    const [first, second] = [
      await readReference(join(folder, 'first.npz')),
      await readReference(join(folder, 'second.npz')),
    ];
    expect(referenceText(first)).toMatch(/^features: 4, trace of the covariance [0-9.]+$/m);
    expect(referenceText(first)).toMatch(/^images: {11}100$/m);
    const text = differenceText(referenceDifference(first, second, algebra));
    expect(text).toMatch(/^images 100 against 80$/m);
    expect(text).toMatch(/^Fréchet distance: {8}[0-9.]+$/m);
  });
});
