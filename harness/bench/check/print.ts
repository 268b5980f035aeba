/** @file A check as a page in Markdown, which a terminal shows as well. */
import { formatBytes, significant } from '../../core/units.ts';
import type { DeviceCheck } from './check.ts';

export function checkPage(check: DeviceCheck): string {
  const { device, checked, findings, rates, speeds } = check;
  const tera = (rate: number): string => `${significant(rate / 1e12, 3)} TFLOP/s`;
  const peak = rates?.convolutionFlopsPerSecond;
  const { xla, passImages } = check.defaults;
  return [
    `# ${device}`,
    '',
    `\`npm run engine -- check\`, ${checked.slice(0, 10)}.`,
    '',
    ...table(
      ['what', 'outcome', 'found'],
      findings.map(({ what, outcome, detail }) => [what, outcome, detail]),
    ),
    ...(rates
      ? [
          '',
          ...table(
            ['rate', 'measured'],
            [
              ['convolution with both gradients', tera(rates.convolutionFlopsPerSecond)],
              ['matrix product', tera(rates.productFlopsPerSecond)],
              ['copy', `${significant(rates.copyBytesPerSecond / 1e9, 3)} GB/s`],
              ['one-step samples', `${significant(rates.samplesPerSecond, 3)} images/s`],
              ['features of shapes', `${significant(rates.featureImagesPerSecond, 3)} images/s`],
              [
                `features of Inception${rates.inceptionWeights === 'random' ? ', with random weights' : ''}`,
                `${significant(rates.inceptionImagesPerSecond, 3)} images/s`,
              ],
            ],
          ),
        ]
      : []),
    '',
    `Defaults of plans: XLA ${xla ? 'on' : 'off'}, images per pass ${passImages ?? 'unknown'}; measured on ${check.hardware} with TensorFlow ${check.tensorflow}.`,
    '',
    ...table(
      ['network', 'batch', 'step', 'rate', 'share of convolution', 'waits for input', 'estimated memory'],
      speeds.map(({ recipe, batchImages, seconds, flopsPerSecond, waitingShare, fit }) => [
        recipe,
        String(batchImages),
        seconds === null ? 'does not fit' : `${significant(seconds * 1000, 3)} ms`,
        flopsPerSecond === null ? '' : tera(flopsPerSecond),
        flopsPerSecond === null || peak === undefined ? '' : `${significant((100 * flopsPerSecond) / peak, 2)} %`,
        waitingShare === null ? '' : `${(100 * waitingShare).toFixed(1)} %`,
        fit ? `${formatBytes(fit.peakBytes)} of ${formatBytes(fit.memoryBytes)}` : '',
      ]),
    ),
    '',
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}
