/** @file Formats metrics, references and their differences as text for a terminal. */
import { significant } from '../core/units.ts';
import { warningText } from '../core/warnings.ts';
import { fewSamples, scoreKey } from '../score/score.ts';
import type { MeasuredScore } from './measurement.ts';
import type { ReferenceDifference } from './reference/difference.ts';
import type { ReferenceStatistics } from './reference/reference.ts';
import type { ImageScores } from './image-scorer.ts';

/**
 * One line per metric, then what qualifies them, then what is missing.
 * @param nfe network evaluations per image; null where that is not known
 */
export function scoreText({ images, reference, scores, warnings }: ImageScores, nfe: number | null): string {
  const columns = scores.map(({ metric }) => scoreKey({ metric, nfe }));
  const widest = Math.max(...columns.map(({ length }) => length));
  const [{ identity }] = scores;
  const [few] = fewSamples(scores);
  return [
    `images:    ${images.name} (${images.count}, sha256 ${images.sha256.slice(0, 16)})`,
    `reference: ${reference.id} (sha256 ${reference.sha256.slice(0, 16)})`,
    `extractor: ${identity.extractor} (sha256 ${identity.extractorSha256.slice(0, 16)}), resize ${identity.resize}, ` +
      `${identity.dtype}, ${identity.batchImages} images per pass on ${identity.device}`,
    '',
    ...scores.map((score, i) => `${columns[i]!.padEnd(widest)}  ${valueText(score)}`),
    '',
    ...(few?.kind === 'few-samples'
      ? [`Values of ${few.samples} samples stand beside no published ones, which are of ${few.wanted}.`]
      : []),
    ...warnings.map(warningText),
  ]
    .join('\n')
    .trimEnd();
}

function valueText({ value, spread, details }: MeasuredScore): string {
  const parts = Object.entries(details)
    .filter(([, detail]) => typeof detail !== 'object')
    .map(([name, detail]) => `${name} ${detailText(detail)}`);
  const around = spread === null ? '' : ` ± ${significant(spread, 3)}`;
  return `${significant(value, 8)}${around}${parts.length > 0 ? `  (${parts.join(', ')})` : ''}`;
}

function detailText(detail: MeasuredScore['details'][string]): string {
  if (typeof detail !== 'number') return String(detail);
  return Number.isInteger(detail) ? String(detail) : significant(detail, 6);
}

export function referenceText({ path, sha256, pool, spatial, images, provenance }: ReferenceStatistics): string {
  const d = pool.mean.length;
  let trace = 0;
  let constant = 0;
  for (let i = 0; i < d; i++) {
    trace += pool.covariance[i * d + i]!;
    if (pool.covariance[i * d + i] === 0) constant += 1;
  }
  return [
    `file:     ${path}`,
    `sha256:   ${sha256}`,
    `features: ${d}, trace of the covariance ${significant(trace, 8)}${constant > 0 ? `, ${constant} constant` : ''}`,
    `spatial:  ${spatial ? `${spatial.mean.length} features` : 'none'}`,
    `images:   ${images ? `${images.join(' x ')} inside the file` : 'none inside the file'}`,
    ...(provenance
      ? Object.entries(provenance).map(([key, value]) => `${`${key}:`.padEnd(17)} ${String(value)}`)
      : ['provenance: none; made by another tool']),
  ].join('\n');
}

export function differenceText({
  provenance,
  largestMeanShift,
  shiftedConstants,
  covarianceShare,
  distance,
}: ReferenceDifference): string {
  return [
    ...(provenance.length > 0 ? provenance : ['no difference in provenance that the files tell']),
    `largest shift of a mean: ${significant(largestMeanShift, 4)} standard deviations${shiftedConstants > 0 ? `, and ${shiftedConstants} constant features have moved` : ''}`,
    `covariances differ by:   ${significant(covarianceShare, 4)} of the first's norm`,
    `Fréchet distance:        ${significant(distance.value, 8)}${distance.clampedCount > 0 ? ` (${distance.clampedCount} eigenvalues clamped)` : ''}`,
  ].join('\n');
}
