/**
 * @file Makes photographs square here and by Pillow in turn, once their bytes are found equal.
 *
 * Decoding here runs on a thread of its own, so that processor time counts: of all threads of the process.
 */
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { EngineError, ResultError, described } from '../../core/errors.ts';
import { HostRandom } from '../../core/random.ts';
import { preprocess, type Preprocessing } from '../../data/preprocess.ts';
import { passOrderOf, type PassOrder } from '../../data/resample/resample.ts';
import { decodeImage } from '../../formats/raster.ts';
import { readWhole } from '../../system/files/content-ledger.ts';
import { readInput } from '../../system/files/input-file.ts';
import { privateEnvironment } from '../peers/peers-environment.ts';
import { answers, type SquaresRun } from '../protocol.ts';
import { SubjectProcess } from '../subjects/subject-process.ts';

const squareSide = 64;
const squareBytes = squareSide * squareSide * 3;

export interface PhotographJob {
  /** Of the photographs, and nothing else. */
  readonly folder: string;
  /** In order. */
  readonly names: readonly string[];
  readonly how: Preprocessing;
  readonly rounds: number;
  /** A Python with Pillow and NumPy; null to measure this project alone. */
  readonly python: string | null;
  readonly script: string;
  /** Where what the peer made is kept until it is compared. */
  readonly peerFile: string;
}

export interface PhotographTurns {
  /** Of Pillow; null without a peer. */
  readonly version: string | null;
  readonly own: readonly SquaresRun[];
  readonly peer: readonly SquaresRun[];
}

/** @throws EngineError for a Python without Pillow, ResultError naming the first photograph of other bytes */
export async function photographTurns(
  job: PhotographJob,
  clock: Clock,
  onRound: (done: number) => void,
): Promise<PhotographTurns> {
  const running = new Set<SubjectProcess>();
  try {
    const peer = job.python === null ? null : await startPeer(job.python, job, running);
    const order = peer === null ? 'horizontal-first' : passOrderOf(peer.ready.version);
    const first = await ownSquares(job, order, clock);
    if (peer) {
      await peer.process.ask({ ask: 'squares', how: job.how, file: job.peerFile }, answers.squares);
      requireEqualSquares(job.names, first.squares, readInput(job.peerFile, 'squares'), `Pillow ${peer.ready.version}`);
    }
    const runs = { own: [] as SquaresRun[], peer: [] as SquaresRun[] };
    const sides = [
      async () => runs.own.push((await ownSquares(job, order, clock)).run),
      ...(peer
        ? [
            async () =>
              runs.peer.push(await peer.process.ask({ ask: 'squares', how: job.how, file: null }, answers.squares)),
          ]
        : []),
    ];
    for (let round = 0; round < job.rounds; round++) {
      for (const i of new HostRandom(0, 'bootstrap', round).permutation(sides.length)) await sides[i]!();
      onRound(round + 1);
    }
    return { version: peer?.ready.version ?? null, ...runs };
  } finally {
    for (const process of running) process.killGroup();
  }
}

async function startPeer(python: string, { script, folder }: PhotographJob, running: Set<SubjectProcess>) {
  // NumPy's products would take more; it only copies here.
  const threads = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
  const environment = { ...privateEnvironment(process.env), ...threads };
  try {
    return await SubjectProcess.start({ name: python, program: python, args: [script, folder], environment }, running);
  } catch (thrown) {
    if (!(thrown instanceof EngineError)) throw thrown;
    throw new EngineError(
      {
        where: python,
        got: thrown.fault.got,
        expected: 'a Python with pillow and numpy',
        remedy:
          'Make one with `python3 -m venv pillow && pillow/bin/pip install pillow numpy`, and name pillow/bin/python',
      },
      { cause: thrown },
    );
  }
}

/** As packing does it: read whole, decoded, made square, one photograph after the other. */
async function ownSquares(
  { folder, names, how }: PhotographJob,
  order: PassOrder,
  clock: Clock,
): Promise<{ squares: Uint8Array; run: SquaresRun }> {
  const squares = new Uint8Array(names.length * squareBytes);
  const [begun, busy] = [clock.now(), process.cpuUsage()];
  for (const [i, name] of names.entries()) {
    const path = join(folder, name);
    const image = await decodeImage(path, await readWhole(path, 'a photograph'));
    squares.set(await preprocess(image, squareSide, how, order), i * squareBytes);
  }
  const { user, system } = process.cpuUsage(busy);
  return { squares, run: { seconds: (clock.now() - begun) / 1000, processorSeconds: (user + system) / 1e6 } };
}

/**
 * @param peer for the error: what made the second squares
 * @throws ResultError naming the first photograph whose bytes differ, and by how much
 */
export function requireEqualSquares(names: readonly string[], own: Uint8Array, other: Uint8Array, peer: string): void {
  const differences = names.map((name, i) => {
    const at = i * squareBytes;
    let bytes = 0;
    let largest = 0;
    for (let k = at; k < at + squareBytes; k++) {
      // One that is missing differs from all.
      const difference = Math.abs(own[k]! - (other[k] ?? 1000));
      if (difference > 0) bytes += 1;
      largest = Math.max(largest, difference);
    }
    return { name, bytes, largest };
  });
  const unequal = differences.filter(({ bytes }) => bytes > 0);
  const [first] = unequal;
  if (!first && own.length === other.length) return;
  throw new ResultError({
    where: first?.name ?? 'photographs',
    got: described(
      first
        ? `${first.bytes} of ${squareBytes} bytes that differ by up to ${first.largest} levels (${unequal.length} of ${names.length} photographs differ)`
        : `${other.length} bytes`,
    ),
    expected: `the bytes of ${peer}`,
    remedy: 'Nothing was timed: find out whether decoding or resizing differs, such as with another version of Pillow',
  });
}
