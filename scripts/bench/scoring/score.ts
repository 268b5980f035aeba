/** @file Command `npm run bench -- score`: times folders of PNG to values, here and by Python tools. */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { runScoreBenchmark } from '../../../harness/bench/score/run.ts';
import { scoreSubjectIds } from '../../../harness/bench/score/subjects.ts';
import { positive } from '../../../harness/cli/numbers.ts';
import { ownProcess } from '../../../harness/cli/own-process.ts';
import { systemClock } from '../../../harness/core/clock.ts';
import { ensureEngine } from '../../../harness/engine/install/install.ts';
import { writeJsonAtomically } from '../../../harness/system/files/atomic-file.ts';
import { scoreLines } from '../../../harness/report/tables/score-benchmark.ts';
import { scoreFileName, scoreRows } from '../../../harness/results/benchmark/score-benchmark.ts';
import { requireOutputFile } from '../../../harness/system/files/output-file.ts';
import { standardError } from '../../../harness/system/progress.ts';

interface Options {
  readonly images: number;
  readonly references: number;
  readonly rounds: number;
  readonly threads: number;
  readonly only?: string[];
  readonly graph?: string;
  readonly json?: true;
  readonly out?: string;
}

const root = resolve(import.meta.dirname, '../../..');
const peers = join(root, 'harness', 'bench', 'peers');

export function scoreBench(): Command {
  return new Command('score')
    .description(
      'a folder of PNG to Fréchet distance, KID, precision and recall, beside the Python tools with the same Inception weights',
    )
    .option('--images <number>', 'images that are scored', positive, 10_000)
    .option('--references <number>', 'images that they are scored against', positive, 2500)
    .option('--rounds <number>', 'rounds; the median counts', positive, 1)
    .option('--threads <number>', 'threads of every subject', positive, availableParallelism())
    .option('--only <names>', `subjects: ${scoreSubjectIds.join(', ')}`, (text) => text.split(','))
    .option('--graph <file>', 'classify_image_graph_def.pb, in place of random weights')
    .option('--json', 'print one JSON document with every duration')
    .option('--out <folder>', `also write ${scoreFileName}`)
    .action(async ({ only, graph, json, out, ...counts }: Options) => {
      const output = standardError();
      const written = out === undefined ? null : join(out, scoreFileName);
      if (written !== null) requireOutputFile(written);
      await ensureEngine({ device: 'cpu' }, output);
      const benchmark = await runScoreBenchmark(
        {
          ...counts,
          only: only ?? null,
          graph: graph === undefined ? null : resolve(graph),
          requirements: join(peers, 'requirements.txt'),
          scripts: peers,
          ownProcess: ownProcess('bench/subject'),
          root,
          command: `npm run bench -- ${process.argv.slice(2).join(' ')}`,
        },
        { output, clock: systemClock },
      );
      if (written !== null) writeJsonAtomically(written, benchmark);
      console.log(
        json ? JSON.stringify({ ...benchmark, rows: scoreRows(benchmark) }, null, 2) : scoreLines(benchmark).join('\n'),
      );
    });
}
