/** @file `npm run bench -- photographs`: ImageNet 64x64 from JPEG here and by Pillow, per core. */
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { photographTurns, type PhotographTurns } from '../../harness/bench/photographs/turns.ts';
import { syntheticPhotograph } from '../../harness/bench/photographs/photographs.ts';
import { positive } from '../../harness/cli/numbers.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { formatBytes, significant } from '../../harness/core/units.ts';
import type { Preprocessing } from '../../harness/data/preprocess.ts';
import { median, ratioInterval } from '../../harness/results/benchmark/rounds.ts';
import { writeFileAtomically } from '../../harness/system/files/atomic-file.ts';
import { inTemporaryFolder, makeFolder } from '../../harness/system/files/files.ts';
import { Progress, standardError } from '../../harness/system/progress.ts';

interface Options {
  readonly python?: string;
  readonly preprocessing: Preprocessing;
  readonly images: number;
  readonly rounds: number;
  readonly json?: true;
}

const script = join(import.meta.dirname, '../../harness/bench/peers/photographs.py');

export function photographsBench(): Command {
  return new Command('photographs')
    .description(
      'ImageNet 64x64 from synthetic JPEG photographs; with --python beside Pillow, whose bytes must be equal',
    )
    .option('--python <file>', 'a Python with pillow and numpy')
    .addOption(new Option('--preprocessing <kind>', 'of the squares').choices(['adm', 'edm']).default('adm'))
    .option('--images <n>', 'photographs; sizes and codings repeat after 32', positive, 64)
    .option('--rounds <n>', 'in orders drawn anew; from 16 on with an interval', positive, 16)
    .option('--json', 'print one JSON document with every round')
    .action(async (options: Options) => {
      const measured = await inTemporaryFolder('bench-photographs-', (folder) => measure(options, folder));
      console.log(options.json ? JSON.stringify({ ...options, ...measured }, null, 2) : linesOf(options, measured));
    });
}

interface Measured extends PhotographTurns {
  readonly bytes: number;
}

async function measure({ python, preprocessing, images, rounds }: Options, folder: string): Promise<Measured> {
  const photographs = join(folder, 'photographs');
  makeFolder(photographs);
  const names: string[] = [];
  let bytes = 0;
  const making = progressOf('photographs: making', 'photographs', images);
  for (let i = 0; i < images; i++) {
    const made = await syntheticPhotograph(0, i);
    writeFileAtomically(join(photographs, made.name), made.bytes);
    names.push(made.name);
    bytes += made.bytes.length;
    making.update(i + 1);
  }
  making.finish();
  const taking = progressOf('photographs: measuring', 'rounds', rounds);
  const turns = await photographTurns(
    {
      folder: photographs,
      names,
      how: preprocessing,
      rounds,
      python: python ?? null,
      script,
      peerFile: join(folder, 'peer.bin'),
    },
    systemClock,
    (done) => taking.update(done),
  );
  taking.finish();
  return { bytes, ...turns };
}

function progressOf(label: string, unit: string, total: number): Progress {
  return new Progress(standardError(), systemClock, { label, unit, total });
}

/** Images per second of processor time and by the clock, and both ratios. */
function linesOf({ images, rounds, preprocessing }: Options, { bytes, version, own, peer }: Measured): string {
  const lines = [
    `${images} photographs of ${formatBytes(bytes / images)} on average, ${preprocessing}, ${rounds} rounds`,
    'images/s of one core     median    least     most   by the clock',
    rateLine('this project', own, images),
  ];
  if (version === null) return lines.join('\n');
  return [
    ...lines,
    rateLine(`Pillow ${version.split(' ')[0]}`, peer, images),
    ratioLine('per core', 'processorSeconds', own, peer),
    ratioLine('by the clock', 'seconds', own, peer),
    `every byte equal; Pillow ${version}`,
  ].join('\n');
}

type Runs = Measured['own'];

function rateLine(name: string, runs: Runs, images: number): string {
  const processor = runs.map(({ processorSeconds }) => processorSeconds);
  const rates = [median(processor), Math.max(...processor), Math.min(...processor)];
  const cells = [...rates, median(runs.map(({ seconds }) => seconds))].map((seconds) =>
    significant(images / seconds, 3),
  );
  return `${name.padEnd(22)} ${cells.map((cell, i) => cell.padStart(i === 3 ? 14 : 8)).join(' ')}`;
}

function ratioLine(what: string, time: 'seconds' | 'processorSeconds', own: Runs, peer: Runs): string {
  const [ours, theirs] = [own.map((run) => run[time]), peer.map((run) => run[time])];
  const interval = ratioInterval(theirs, ours);
  const range = interval ? `, ${significant(interval.low, 3)} to ${significant(interval.high, 3)} (95 %)` : '';
  const minima = Math.min(...theirs) / Math.min(...ours);
  return `this project / Pillow, ${what}: ${significant(median(theirs) / median(ours), 3)} by medians, ${significant(minima, 3)} by minima${range}`;
}
