/**
 * @file Command `npm run bench -- frechet`: times the Fréchet distance here, in NumPy and in SciPy.
 *
 * All run interleaved, on the same matrices and cores.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { writeFileAtomically } from '../../../harness/system/files/atomic-file.ts';
import { makeTemporaryFolder, remove } from '../../../harness/system/files/files.ts';
import { systemClock } from '../../../harness/core/clock.ts';
import { EngineError, described } from '../../../harness/core/errors.ts';
import { standardError } from '../../../harness/system/progress.ts';
import { significant } from '../../../harness/core/units.ts';
import { openEngine } from '../../../harness/engine/open.ts';
import { encodeNpy } from '../../../harness/formats/npy.ts';
import { powerLawGaussian } from '../../../harness/bench/subjects/frechet-problem.ts';
import { frechetDistance } from '../../../harness/metrics/values/frechet.ts';
import { engineAlgebra } from '../../../harness/metrics/linalg/engine.ts';
import { typescriptAlgebra } from '../../../harness/metrics/linalg/typescript.ts';
import { positive } from '../../../harness/cli/numbers.ts';

interface Options {
  readonly dimensions: number;
  readonly rounds: number;
  readonly threads: number;
  readonly python?: string;
  readonly typescript?: true;
  readonly json?: true;
}

type Route = 'engine' | 'typescript' | 'numpy cholesky + eigvalsh' | 'scipy sqrtm';

interface Sample {
  readonly round: number;
  readonly route: Route;
  readonly seconds: number;
  readonly value: number;
}

/** Rounds of the routes that take ten times as long as the rest. */
const slowRounds = 2;

export function frechetBench(): Command {
  return new Command('frechet')
    .description('times the Fréchet distance; with --python beside NumPy and SciPy')
    .option('--dimensions <number>', 'features', positive, 2048)
    .option('--rounds <number>', 'rounds; the median counts', positive, 5)
    .option('--threads <number>', 'threads of every route', positive, 2)
    .option('--python <file>', 'a Python with numpy and scipy')
    .option('--typescript', 'also time the plain TypeScript linear algebra')
    .option('--json', 'print one JSON document with every sample')
    .action(async (options: Options) => {
      const samples = await measure(options);
      console.log(options.json ? JSON.stringify({ ...options, samples }, null, 2) : table(samples));
    });
}

async function measure(options: Options): Promise<Sample[]> {
  const engine = await openEngine({ device: 'cpu', threads: options.threads, output: standardError() });
  const [a, b] = [powerLawGaussian(options.dimensions, 0), powerLawGaussian(options.dimensions, 1)];
  const peer = options.python === undefined ? undefined : await startPeer(options.python, a, b, options);
  const own = (algebra: typeof engineAlgebra) => () => {
    const started = systemClock.now();
    const { value } = frechetDistance(a, b, algebra);
    return Promise.resolve({ seconds: (systemClock.now() - started) / 1000, value });
  };
  const routes: { route: Route; slow: boolean; run: () => Promise<Omit<Sample, 'round' | 'route'>> }[] = [
    { route: 'engine', slow: false, run: own(engineAlgebra) },
    ...(options.typescript ? [{ route: 'typescript' as const, slow: true, run: own(typescriptAlgebra) }] : []),
    ...(peer
      ? [
          { route: 'numpy cholesky + eigvalsh' as const, slow: false, run: () => peer.ask('cholesky-eigvalsh') },
          { route: 'scipy sqrtm' as const, slow: true, run: () => peer.ask('sqrtm') },
        ]
      : []),
  ];
  const samples: Sample[] = [];
  try {
    // The first round of each warms caches and thread pools up and is not counted.
    for (let round = 0; round <= options.rounds; round++) {
      for (const { route, slow, run } of routes) {
        if (slow && (round === 0 || round > slowRounds)) continue;
        const sample = { round, route, ...(await run()) };
        if (round > 0) samples.push(sample);
      }
    }
  } finally {
    peer?.stop();
  }
  process.stderr.write(
    `TensorFlow ${engine.tensorflowVersion}${peer ? `, ${peer.versions}` : ''}, ${options.threads} threads\n`,
  );
  return samples;
}

interface Peer {
  readonly versions: string;
  readonly ask: (route: string) => Promise<{ seconds: number; value: number }>;
  readonly stop: () => void;
}

type Matrices = ReturnType<typeof powerLawGaussian>;

async function startPeer(python: string, a: Matrices, b: Matrices, options: Options): Promise<Peer> {
  const folder = makeTemporaryFolder('bench-frechet-');
  const shape = [options.dimensions, options.dimensions];
  const [fileA, fileB] = [join(folder, 'a.npy'), join(folder, 'b.npy')];
  writeFileAtomically(fileA, encodeNpy({ dtype: 'float64', shape, data: a.covariance }));
  writeFileAtomically(fileB, encodeNpy({ dtype: 'float64', shape, data: b.covariance }));
  const threads = String(options.threads);
  const child = spawn(python, [join(import.meta.dirname, '../../../harness/bench/peers/frechet.py'), fileA, fileB], {
    env: { ...process.env, OPENBLAS_NUM_THREADS: threads, OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const failed = once(child, 'error').then(([thrown]) => {
    throw peerMissing(python, String(thrown));
  });
  const next = async (): Promise<unknown> => {
    const line = await Promise.race([lines.next(), failed]);
    if (line.done) throw peerMissing(python, 'it ended, see above');
    return JSON.parse(line.value);
  };
  const versions = (await next()) as Record<string, string>;
  return {
    versions: Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    ask: async (route) => {
      child.stdin.write(`${route}\n`);
      return (await next()) as { seconds: number; value: number };
    },
    stop: () => {
      child.stdin.end();
      remove(folder);
    },
  };
}

function peerMissing(python: string, why: string): EngineError {
  return new EngineError({
    where: python,
    got: described(why),
    expected: 'a Python with numpy and scipy',
    remedy: 'Make one with `python3 -m venv peers && peers/bin/pip install numpy scipy`, and name peers/bin/python',
  });
}

/** One line per route: median, fastest, slowest, ratio to this harness, distance. */
function table(samples: readonly Sample[]): string {
  const routes = [...new Set(samples.map(({ route }) => route))];
  const base = median(samples, 'engine');
  const lines = routes.map((route) => {
    const own = samples.filter((sample) => sample.route === route).map(({ seconds }) => seconds);
    const { value } = samples.find((sample) => sample.route === route)!;
    const cells = [median(samples, route), Math.min(...own), Math.max(...own)].map((s) =>
      significant(s, 3).padStart(7),
    );
    return `${route.padEnd(26)} ${cells.join(' ')}  ${significant(median(samples, route) / base, 3).padStart(6)}  ${value}`;
  });
  return [`${'route'.padEnd(26)}  median     min     max   ratio  distance`, ...lines].join('\n');
}

function median(samples: readonly Sample[], route: Route): number {
  const sorted = samples
    .filter((sample) => sample.route === route)
    .map(({ seconds }) => seconds)
    .sort((x, y) => x - y);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
}
