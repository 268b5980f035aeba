/**
 * @file Formats numbers and names for the page, one spelling per kind.
 *
 * Minus signs and thin spaces are included.
 */
import { formatCount } from '../../core/units.ts';
import type { Interval } from '../../judge/statistics.ts';

/** Writes scores, their differences and spreads with equal decimals. */
export interface ScoreWriter {
  readonly plain: (value: number) => string;
  /** With its sign always written. */
  readonly signed: (value: number) => string;
}

/** As many decimals as the size of the scores deserves: 602.1, 38.42, 2.831. */
export function scoreWriter(scores: readonly number[]): ScoreWriter {
  const size = Math.max(0, ...scores.map(Math.abs));
  const decimals = size >= 100 ? 1 : size >= 10 ? 2 : size >= 0.1 || size === 0 ? 3 : 2 - Math.floor(Math.log10(size));
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const plain = (value: number): string => minus(value.toLocaleString('en-US', options));
  return { plain, signed: (value) => (value > 0 ? `+${plain(value)}` : plain(value)) };
}

/** One number on its own. */
export function scoreText(value: number): string {
  return scoreWriter([value]).plain(value);
}

/** `-12.3 to +4.5`. */
export function intervalText({ low, high }: Interval, write: (value: number) => string): string {
  return `${write(low)} to ${write(high)}`;
}

/** 0.95 -> `95 %`. */
export function percentText(share: number): string {
  return `${minus(String(Number((100 * share).toPrecision(3))))}\u00a0%`;
}

/** A change, its sign always written: -0.383 -> `−38.3 %`. */
export function changeText(share: number): string {
  return share > 0 ? `+${percentText(share)}` : percentText(share);
}

/** A probability: three digits, or a bound where digits would claim too much. */
export function probabilityText(probability: number): string {
  return probability < 1e-4 ? '< 0.0001' : probability.toFixed(4);
}

/** A plain number of a recipe: 400000 -> `400,000`, 0.00054 -> `0.00054`, 1e-8 -> `1e-8`. */
export function parameterText(value: number | null): string {
  if (value === null) return 'none';
  if (Number.isInteger(value)) return minus(value.toLocaleString('en-US'));
  return minus(String(value));
}

/** Images seen, for axes: 256000 -> `256k`. */
export function imagesText(images: number): string {
  if (images >= 1e6) return formatCount(images).replace(' ', '\u00a0');
  return images >= 1000 ? `${Number((images / 1000).toPrecision(4))}k` : String(images);
}

/** The first twelve digits of a fingerprint: enough to find it, short enough to read. */
export function hashText(hash: string): string {
  return hash.slice(0, 12);
}

/**
 * `cifar10-ict-deep` -> `iCT-deep`, `shapes-ladder-2-teacher` -> `+ teacher`, `shapes-ict-without-noise` -> `iCT without noise`: the method's
 * name where the data set is plain.
 */
export function recipeLabel(recipeId: string, dataset: string): string {
  const own = recipeId.startsWith(`${dataset}-`) ? recipeId.slice(dataset.length + 1) : recipeId;
  const rung = /^ladder-\d+-(.+)$/.exec(own);
  if (rung) return `+ ${rung[1]!}`;
  return own
    .replace('-without-', ' without ')
    .replace(/^ict(?=-| |$)/, 'iCT')
    .replace(/^ct(?=-|$)/, 'CT');
}

/** 1 -> `one step`, 2 -> `two steps`. */
export function samplerText(nfe: number): string {
  const words = ['zero', 'one', 'two', 'three', 'four'];
  return `${words[nfe] ?? nfe} step${nfe === 1 ? '' : 's'}`;
}

/** A list in prose: `a`, `a and b`, `a, b and c`. */
export function listText(items: readonly string[]): string {
  if (items.length <= 1) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]!}`;
}

function minus(text: string): string {
  return text.replaceAll('-', '\u2212').replace(/e\u2212/, 'e-');
}
