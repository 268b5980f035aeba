/** @file Types of a recipe: plain JSON that holds every number of a published training run. */
import type { DatasetId } from './dataset.ts';
import type { PerceptualFeatures } from './perceptual-features.ts';
import type { Quantisation } from '../core/quantisation.ts';

/** The five choices in which iCT differs from CT: exactly these keys, nothing else. */
export interface Method {
  readonly teacher: Teacher;
  readonly distance: Distance;
  readonly noise: Noise;
  readonly curriculum: Curriculum;
  readonly weighting: Weighting;
}

/**
 * Whose output the student is pulled to. `ema`: an average of past students with decay mu(k) from mu0; `convention` says
 * whether mu(k) uses N(k) - 1 (`code`, as both released code bases) or N(k) (`paper`, as printed).
 */
export type Teacher =
  | { readonly kind: 'ema'; readonly mu0: number; readonly convention: 'code' | 'paper' }
  | { readonly kind: 'stop-gradient' };

/**
 * The metric d(student, teacher) between two images. `squared-l2` and `l1` are means over pixels, as in the authors' code; `perceptual` has the
 * form of LPIPS on the features of a small network of this project, named with the version of its weights.
 */
export type Distance =
  | { readonly kind: 'lpips'; readonly pooling: 'max' | 'average' }
  | { readonly kind: 'perceptual'; readonly features: PerceptualFeatures }
  | { readonly kind: 'squared-l2' }
  | { readonly kind: 'l1' }
  | { readonly kind: 'pseudo-huber'; readonly cPerSqrtDim: number };

/** How the interval [sigma_i, sigma_i+1] is drawn. */
export type Noise =
  { readonly kind: 'uniform' } | { readonly kind: 'lognormal'; readonly pMean: number; readonly pStd: number };

/** How the number of noise levels N(k) grows from s0 to s1 intervals. */
export type Curriculum =
  | { readonly kind: 'square-root'; readonly s0: number; readonly s1: number }
  | { readonly kind: 'doubling'; readonly s0: number; readonly s1: number };

/** lambda(sigma_i): 1, or 1 / (sigma_i+1 - sigma_i). */
export type Weighting = { readonly kind: 'uniform' } | { readonly kind: 'inverse-gap' };

/** Numbers that were tuned again between CT and iCT; reported in a table of their own, never counted among the five. */
export interface Tuning {
  readonly steps: number;
  readonly batchImages: number;
  readonly learningRate: number;
  readonly dropout: number;
  /** Dropout acts only where the feature map that it masks is at most so wide (see also `AdmNetwork.dropoutBy`); null: everywhere. */
  readonly dropoutMaxResolution: number | null;
  /** Standard deviation of the Gaussian Fourier frequencies; null where the network embeds noise by fixed positions. */
  readonly fourierScale: number | null;
  readonly samplingEmaDecay: number;
}

/** The EDM grid and scalings: sigma in [sigmaMin, sigmaMax], rho, and the standard deviation of the data. */
export interface Levels {
  readonly sigmaMin: number;
  readonly sigmaMax: number;
  readonly rho: number;
  readonly sigmaData: number;
}

export interface NcsnppNetwork {
  readonly kind: 'ncsnpp';
  readonly resolution: number;
  readonly baseChannels: number;
  readonly channelMultipliers: readonly number[];
  readonly blocksPerLevel: number;
  readonly attentionResolutions: readonly number[];
}

export interface AdmNetwork {
  readonly kind: 'adm';
  readonly resolution: number;
  readonly baseChannels: number;
  readonly channelMultipliers: readonly number[];
  readonly blocksPerLevel: number;
  readonly attentionResolutions: readonly number[];
  readonly headChannels: number;
  /** AdaGN: the embedding scales and shifts the normalised features (CT); otherwise it is added (iCT). */
  readonly scaleShiftNorm: boolean;
  /** Queries, keys and values of attention scaled to a root mean square of 1, head by head (QK norm of EDM2, with the values). */
  readonly qkvNorm: boolean;
  /**
   * The width that `dropoutMaxResolution` is compared with: that of the feature map that dropout masks, which the next convolution reads, or
   * that of the block's input. They differ where a block changes the resolution.
   */
  readonly dropoutBy: 'feature-map' | 'block-input';
  /** Number of class labels; null: unconditional. */
  readonly classes: number | null;
}

export type Network = NcsnppNetwork | AdmNetwork;

/** RAdam; `optax` rectifies from rho >= 5 with epsilon after the bias correction, `torch` from rho > 5 with epsilon before it. */
export interface Optimizer {
  readonly kind: 'radam';
  readonly variant: 'optax' | 'torch';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export interface Data {
  readonly dataset: DatasetId;
  /** Probability of a horizontal flip of a training image. */
  readonly horizontalFlip: number;
}

export interface Sampling {
  /** sigma of the second step of two-step sampling; null where the paper does not publish it: it is then searched. */
  readonly midSigma: number | null;
  /** Whether every denoised image is clipped to [-1, 1], between steps as well. */
  readonly clip: boolean;
  /** From [-1, 1] to uint8. */
  readonly quantise: Quantisation;
}

export interface Deviation {
  readonly what: string;
  readonly why: string;
  readonly source: string;
}

export interface Recipe {
  readonly id: string;
  /** Raised whenever a number changes; results of different versions never share a table. */
  readonly version: number;
  readonly source: string;
  readonly method: Method;
  readonly tuning: Tuning;
  readonly levels: Levels;
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly data: Data;
  readonly sampling: Sampling;
  readonly deviations: readonly Deviation[];
}
