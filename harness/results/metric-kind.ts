/** @file What a metric's name says: its family, which way is better, how many images the published protocol wants. */
import { ResultError } from '../core/errors.ts';
import { suggestion } from '../core/suggest.ts';

export interface MetricKind {
  /** The whole name, such as `fid50k`; part of a score's identity. */
  readonly id: string;
  readonly title: string;
  readonly better: 'lower' | 'higher';
  /** Images that the name promises (`fid50k`: 50,000); null where the name promises none. */
  readonly images: number | null;
  readonly about: string;
}

interface Family {
  readonly title: string;
  readonly better: 'lower' | 'higher';
  /** Whether the name must carry the number of images. */
  readonly counted: boolean;
  readonly about: string;
}

const families: Readonly<Record<string, Family>> = {
  'fd-shapes': {
    title: 'fd-shapes',
    better: 'lower',
    counted: false,
    about: 'Fréchet distance between features of the shapes classifier; not FID, and not comparable with it',
  },
  fid: {
    title: 'FID',
    better: 'lower',
    counted: true,
    about: 'Fréchet distance between Inception-2015 pool_3 features',
  },
  sfid: {
    title: 'sFID',
    better: 'lower',
    counted: true,
    about: 'Fréchet distance between spatial Inception-2015 features',
  },
  kid: { title: 'KID', better: 'lower', counted: true, about: 'kernel distance between Inception-2015 features' },
  is: {
    title: 'Inception Score',
    better: 'higher',
    counted: true,
    about: 'Inception Score over ten splits of shuffled images, as torch-fidelity computes it',
  },
  'is-openai': {
    title: 'Inception Score (OpenAI)',
    better: 'higher',
    counted: true,
    about: "Inception Score over blocks of 5,000 images in order, as OpenAI's evaluator computes it",
  },
  precision: {
    title: 'precision',
    better: 'higher',
    counted: true,
    about: 'share of samples near the reference, k = 3',
  },
  recall: { title: 'recall', better: 'higher', counted: true, about: 'share of the reference near samples, k = 3' },
  density: { title: 'density', better: 'higher', counted: true, about: 'density of samples in the reference, k = 5' },
  coverage: { title: 'coverage', better: 'higher', counted: true, about: 'reference points with a sample near, k = 5' },
  'fd-infinity': {
    title: 'FD∞',
    better: 'lower',
    counted: false,
    about: 'Fréchet distance extrapolated to infinitely many samples',
  },
};

/**
 * The kind of metric that a name stands for: `fid50k` for whole thousands of images, `fid@128` for any other number (the names that
 * metrics/identity.ts gives).
 * @throws ResultError on a name of no known family, or without the number of images where the family needs it
 */
export function metricKind(id: string): MetricKind {
  const plain = familyNamed(id);
  if (plain && !plain.counted)
    return { id, title: plain.title, better: plain.better, images: null, about: plain.about };
  const [, name, thousands, single] = /^([a-z-]+)(?:([1-9][0-9]*)k|@([1-9][0-9]*))$/.exec(id) ?? [];
  const family = name === undefined ? undefined : familyNamed(name);
  if (family?.counted) {
    const images = thousands === undefined ? Number(single) : Number(thousands) * 1000;
    const title = `${family.title} ${thousands === undefined ? single! : `${thousands}k`}`;
    return { id, title, better: family.better, images, about: family.about };
  }
  const known = Object.entries(families).map(([name, { counted: needsCount }]) => (needsCount ? `${name}50k` : name));
  throw new ResultError({
    where: 'metric',
    got: id,
    expected: 'the name of a metric, with its number of images where it depends on it',
    remedy: suggestion(id, known),
  });
}

function familyNamed(name: string): Family | undefined {
  return Object.hasOwn(families, name) ? families[name] : undefined;
}
