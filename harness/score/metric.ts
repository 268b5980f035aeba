/**
 * @file Table of metrics: title, direction and needs of each family; and the names of metrics.
 *
 * A name joins a family and a number of images.
 */
import { ResultError } from '../core/errors.ts';
import { suggestion } from '../core/suggest.ts';

export interface MetricFacts {
  readonly title: string;
  readonly better: 'lower' | 'higher';
  /** Whether the value depends on the number of images by construction, so that the name carries it. */
  readonly counted: boolean;
  /** What the images are measured against: the statistics of a reference, images one by one, or nothing. */
  readonly reference: 'statistics' | 'images' | null;
  /** The network whose features are measured. */
  readonly features: 'inception' | 'shapes-classifier' | 'shapes-encoder';
  /**
   * Whether recipes are judged by it. A value that shows how far another one can be trusted is reported, and neither compared nor counted among
   * the tests of a run.
   */
  readonly judged: boolean;
  readonly about: string;
}

/** In the order in which they are measured; training is followed by the first family of its features. */
export const metrics = {
  fid: {
    title: 'FID',
    better: 'lower',
    counted: true,
    reference: 'statistics',
    features: 'inception',
    judged: true,
    about: 'Fréchet distance between Inception-2015 pool_3 features',
  },
  sfid: {
    title: 'sFID',
    better: 'lower',
    counted: true,
    reference: 'statistics',
    features: 'inception',
    judged: true,
    about: 'Fréchet distance between spatial Inception-2015 features',
  },
  is: {
    title: 'Inception Score',
    better: 'higher',
    counted: true,
    reference: null,
    features: 'inception',
    judged: true,
    about: 'Inception Score over ten splits of shuffled images, as torch-fidelity computes it',
  },
  'is-openai': {
    title: 'Inception Score (OpenAI)',
    better: 'higher',
    counted: true,
    reference: null,
    features: 'inception',
    judged: true,
    about: "Inception Score over blocks of 5,000 images in order, as OpenAI's evaluator computes it",
  },
  kid: {
    title: 'KID',
    better: 'lower',
    counted: true,
    reference: 'images',
    features: 'inception',
    judged: true,
    about: 'kernel distance between Inception-2015 features',
  },
  precision: {
    title: 'precision',
    better: 'higher',
    counted: true,
    reference: 'images',
    features: 'inception',
    judged: true,
    about: 'share of samples near the reference, k = 3',
  },
  recall: {
    title: 'recall',
    better: 'higher',
    counted: true,
    reference: 'images',
    features: 'inception',
    judged: true,
    about: 'share of the reference near samples, k = 3',
  },
  density: {
    title: 'density',
    better: 'higher',
    counted: true,
    reference: 'images',
    features: 'inception',
    judged: true,
    about: 'density of samples in the reference, k = 5',
  },
  coverage: {
    title: 'coverage',
    better: 'higher',
    counted: true,
    reference: 'images',
    features: 'inception',
    judged: true,
    about: 'reference points with a sample near, k = 5',
  },
  'fd-infinity': {
    title: 'FD∞',
    better: 'lower',
    counted: false,
    reference: 'statistics',
    features: 'inception',
    judged: true,
    about: 'Fréchet distance extrapolated to infinitely many samples',
  },
  'fd-shapes': {
    title: 'fd-shapes',
    better: 'lower',
    counted: false,
    reference: 'statistics',
    features: 'shapes-classifier',
    judged: true,
    about: 'Fréchet distance between features of the shapes classifier; not FID, and not comparable with it',
  },
  'fd-encoder': {
    title: 'fd-encoder',
    better: 'lower',
    counted: false,
    reference: 'statistics',
    features: 'shapes-encoder',
    judged: false,
    about:
      'Fréchet distance between features of the shapes encoder, through which the perceptual distance of the twin looks; shows what that distance leaks into its own features; not FID',
  },
} as const satisfies Readonly<Record<string, MetricFacts>>;

export type MetricFamily = keyof typeof metrics;

type CountedFamily = { [F in MetricFamily]: (typeof metrics)[F]['counted'] extends true ? F : never }[MetricFamily];

/** A name at the 50,000 images that published values are made of. */
export type PublishedMetric = `${CountedFamily}50k`;

/** What a name stands for. */
export interface Metric extends Pick<MetricFacts, 'better' | 'judged' | 'about'> {
  /** The whole name, such as `fid50k`. */
  readonly id: string;
  readonly family: MetricFamily;
  /** With the number of images that the name promises: `FID 50k`. */
  readonly title: string;
  /** Images that the name promises (`fid50k`: 50,000); null where it promises none. */
  readonly images: number | null;
}

/** All that can be measured of these features, in the order of the table. */
export function familiesOf(features: MetricFacts['features']): readonly [MetricFamily, ...MetricFamily[]] {
  return families.filter((family) => metrics[family].features === features) as [MetricFamily, ...MetricFamily[]];
}

const families = Object.keys(metrics) as MetricFamily[];

/**
 * The name of a value: `fid50k`, `fid10k` for whole thousands, `fid@2500` for any other number; the family alone where the number does
 * not define the value. Two numbers of images never share a name.
 */
export function metricName(family: MetricFamily, images: number): string {
  if (!metrics[family].counted) return family;
  return images % 1000 === 0 && images > 0 ? `${family}${images / 1000}k` : `${family}@${images}`;
}

/**
 * The metric of a name that `metricName` gave.
 * @throws ResultError on a name of no known family, or without the number of images where the family needs it
 */
export function parseMetric(id: string): Metric {
  const plain = familyNamed(id);
  if (plain && !metrics[plain].counted) return { ...metrics[plain], id, family: plain, images: null };
  const [, name, thousands, single] = /^([a-z-]+)(?:([1-9][0-9]*)k|@([1-9][0-9]*))$/.exec(id) ?? [];
  const family = name === undefined ? undefined : familyNamed(name);
  if (family && metrics[family].counted) {
    const images = thousands === undefined ? Number(single) : Number(thousands) * 1000;
    const title = `${metrics[family].title} ${thousands === undefined ? single! : `${thousands}k`}`;
    return { ...metrics[family], id, family, title, images };
  }
  throw new ResultError({
    where: 'metric',
    got: id,
    expected: 'the name of a metric, with its number of images where it depends on it',
    remedy: suggestion(
      id,
      families.map((known) => (metrics[known].counted ? `${known}50k` : known)),
    ),
  });
}

function familyNamed(name: string): MetricFamily | undefined {
  return families.find((family) => family === name);
}
