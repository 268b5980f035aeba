/** @file Thresholds for judging results, fixed before the first step and printed beside every verdict. */
import { parseMetric, type MetricFamily } from '../score/metric.ts';

export interface Judgement {
  /** Confidence of every interval, two-sided: a verdict is wrong at most 1 - confidence of the time. */
  readonly confidence: number;
  /** Half-width of the band around a published value inside which a mean counts as reproducing it, as a share of the value. */
  readonly relativeMargin: number;
  /** The same for families of metrics that scatter otherwise, such as `is`; absent where one margin was registered for all. */
  readonly margins?: Readonly<Record<string, number>>;
  /** Fewer finished seeds than this give no verdict; at least two, whatever is asked. */
  readonly minimumSeeds: number;
}

/** A margin and why it is so wide and no wider. */
export interface Margin {
  readonly family: MetricFamily;
  readonly share: number;
  readonly why: string;
}

/**
 * The margins by metric. Each is wider than what retraining and rounding to the printed digits move, and narrower than the gaps that it must keep
 * apart.
 */
export const standardMargins: readonly Margin[] = [
  {
    family: 'fid',
    share: 0.05,
    why: 'retraining moves it 1 to 2 % (arXiv:2606.20536); the methods lie 11 % apart and more (2.83 and 2.51)',
  },
  {
    family: 'is',
    share: 0.02,
    why: 'bounded above and steadier than FID; iCT and iCT-deep lie 2.3 % apart (9.54 and 9.76)',
  },
  {
    family: 'precision',
    share: 0.03,
    why: 'printed with two digits, which is 0.7 %; CT and CD lie 4 % apart (0.71 and 0.68)',
  },
  {
    family: 'recall',
    share: 0.04,
    why: 'printed with two digits, which is 1 % at 0.47, and moves more than precision; CT in one and two steps lies 19 % apart',
  },
];

const margins = Object.fromEntries(standardMargins.map(({ family, share }) => [family, share]));

/** Three seeds: with two the t-interval is thirteen standard errors. A metric without a margin of its own has that of FID. */
export const standardJudgement: Judgement = {
  confidence: 0.95,
  relativeMargin: margins.fid!,
  margins,
  minimumSeeds: 3,
};

/**
 * How much more retraining moves FID than redrawing samples of the same weights: SiT on ImageNet 256x256.
 * Source: Dufour, Efros & Perez 2026, "The FID Lottery", arXiv:2606.20536.
 */
export const retrainingOverRedrawing = 3.2;

/**
 * A gap to a single published value that is no larger than this share of it shows nothing: retraining alone moves FID so far.
 * Source: as above.
 */
export const inconclusiveGap = { training: 0.013, evaluation: 0.013 / retrainingOverRedrawing } as const;

/**
 * How far scores of the same weights may lie apart on machines of different kinds, as a share: sums in another order round otherwise, and a pixel in
 * many falls to the other side of a whole number. Well below what redrawing the samples moves, so that a different sampler does not pass.
 */
export const kindTolerance = 0.005;

/** The margin of a metric such as `fid50k`, as a share of the published value. */
export function marginOf({ relativeMargin, margins: own }: Judgement, metric: string): number {
  return own?.[parseMetric(metric).family] ?? relativeMargin;
}
