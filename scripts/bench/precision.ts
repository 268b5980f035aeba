/**
 * @file Command `npm run bench -- precision`: compares the training signal in bfloat16 and float32.
 *
 * It does so for the grid of each stage of iCT's curriculum.
 */
import { Command, Option } from 'commander';
import { significant } from '../../harness/core/units.ts';
import { trainingSignals, twinSubject, type Signal } from '../../harness/bench/precision.ts';
import { positive } from '../../harness/cli/numbers.ts';
import { openEngine } from '../../harness/engine/open.ts';
import { standardError } from '../../harness/system/progress.ts';
import * as shapes from '../../recipes/shapes.ts';

interface Options {
  readonly weights: string;
  readonly method: 'ct' | 'ict';
  readonly images: number;
  readonly intervals: number;
  readonly threads: number;
  readonly json?: true;
}

/** Levels of the grids: the stages of iCT's curriculum. */
const grids = [11, 21, 41, 81, 161, 321, 641, 1281] as const;

export function precisionBench(): Command {
  return new Command('precision')
    .description('student minus teacher at neighbouring noise levels, in bfloat16 beside float32')
    .requiredOption('--weights <file>', 'trained weights of the twin')
    .addOption(new Option('--method <name>', 'how they were trained').choices(['ct', 'ict']).default('ict'))
    .option('--images <number>', 'held-out images', positive, 32)
    .option('--intervals <number>', 'intervals per grid, evenly spread', positive, 64)
    .option('--threads <number>', 'threads', positive, 2)
    .option('--json', 'print one JSON document with every interval')
    .action(async ({ weights, method, images, intervals, threads, json }: Options) => {
      await openEngine({ device: 'cpu', threads, output: standardError() });
      const subject = twinSubject(shapes[method], weights, images);
      const measured = grids.map((N) => ({ N, signals: trainingSignals(subject, 'bfloat16', N, intervals) }));
      console.log(json ? JSON.stringify(measured, null, 2) : table(measured));
    });
}

/** One line per grid: the cosine at its lowest, and there the level and both norms. */
function table(measured: readonly { readonly N: number; readonly signals: readonly Signal[] }[]): string {
  const lines = measured.map(({ N, signals }) => {
    const lowest = signals.reduce((least, signal) => (signal.cosine < least.cosine ? signal : least));
    const above = signals.filter(({ cosine }) => cosine > 0.99).length / signals.length;
    const cells = [lowest.sigma, lowest.wideNorm, lowest.narrowNorm].map((value) => significant(value, 3).padStart(9));
    return `${String(N).padStart(5)}  ${lowest.cosine.toFixed(4).padStart(7)} ${cells.join(' ')} ${`${Math.round(100 * above)} %`.padStart(11)}`;
  });
  return ['    N  least cosine at sigma   float32  bfloat16  above 0.99', ...lines].join('\n');
}
