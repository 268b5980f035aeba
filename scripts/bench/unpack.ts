/** @file `npm run bench -- unpack`: time from a bundle of the engine to its files, now and as it was before. */
import { join } from 'node:path';
import { Command } from 'commander';
import { readBundleIndex } from '../../harness/formats/bundle.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { formatBytes, significant } from '../../harness/core/units.ts';
import { bundledWheels, deviceOfBundle, placeWheels } from '../../harness/engine/install/library/bundle.ts';
import { unpackWheels, type UnpackingWay, type WheelPlace } from '../../harness/engine/install/library/unpack.ts';
import { wheelSet } from '../../harness/engine/install/library/wheel-set.ts';
import { fetchWheels, wheelFolder } from '../../harness/engine/install/library/wheels.ts';
import { writeInTurn } from '../../harness/bench/subjects/written-in-turn.ts';
import { positive } from '../../harness/cli/numbers.ts';
import { makeTemporaryFolder, remove } from '../../harness/system/files/files.ts';
import { inStaging } from '../../harness/system/files/staging.ts';
import { silence, standardError } from '../../harness/system/progress.ts';

interface Options {
  readonly from: string;
  readonly rounds: number;
  readonly json?: true;
}

export function unpackBench(): Command {
  return new Command('unpack')
    .description(
      'installing the wheels of a bundle (`npm run engine -- bundle`): copied, hashed again and unpacked one file after another with synchronous writes and a hash of each, and as it is done now',
    )
    .requiredOption('--from <bundle>', 'the bundle; it is unpacked below TMPDIR and removed')
    .option('--rounds <number>', 'of both, in turns', positive, 3)
    .option('--json', 'print one JSON document')
    .action(async ({ from, rounds, json }: Options) => {
      const root = makeTemporaryFolder('consistency-unpack-');
      try {
        const measured = await measure(from, rounds, root);
        console.log(json ? JSON.stringify(measured, null, 2) : textOf(measured));
      } finally {
        remove(root);
      }
    });
}

function textOf({ bytes, before, installed }: Awaited<ReturnType<typeof measure>>): string {
  const line = (what: string, part: keyof Seconds): string => {
    const [slow, fast] = [before, installed].map((all) => Math.min(...all.map((one) => one[part]))) as [number, number];
    return `${what}: ${significant(fast, 3)} s as installed, ${significant(slow, 3)} s before (${significant((100 * fast) / slow, 2)} %)`;
  };
  return [formatBytes(bytes), line('from the bundle', 'whole'), line('unpacking alone', 'unpacking')].join('\n');
}

interface Seconds {
  /** From the bundle to unpacked files. */
  readonly whole: number;
  readonly unpacking: number;
}

async function measure(from: string, rounds: number, root: string) {
  const set = wheelSet(await deviceOfBundle(from));
  const context = {
    root,
    output: silence,
    clock: systemClock,
    environment: process.env,
    signal: new AbortController().signal,
  };
  const [folder, target] = [wheelFolder(root), join(root, 'unpacked')];
  let bytes = 0;
  const timed = async (
    prepare: () => Promise<readonly WheelPlace[] | undefined>,
    way: UnpackingWay,
  ): Promise<Seconds> => {
    const begun = systemClock.now();
    const wheels = (await prepare()) ?? [];
    const prepared = systemClock.now();
    const files = await unpackWheels(set, wheels, target, context, way);
    const ended = systemClock.now();
    bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const one of [target, folder]) remove(one);
    return { whole: (ended - begun) / 1000, unpacking: (ended - prepared) / 1000 };
  };
  const copied = async (): Promise<WheelPlace[]> => {
    await placeWheels(from, await readBundleIndex(from, 'engine'), [set], context);
    const paths = await inStaging(root, (staging) => fetchWheels(set, folder, staging, context));
    return paths.map((path) => ({ path }));
  };
  const inPlace = async (): Promise<WheelPlace[] | undefined> => (await bundledWheels(from, set)).places;
  const before: Seconds[] = [];
  const installed: Seconds[] = [];
  for (let round = 1; round <= rounds; round++) {
    standardError().write(`unpack: round ${round} of ${rounds}\n`);
    before.push(await timed(copied, { atOnce: 1, write: writeInTurn, knownHashes: () => new Map() }));
    installed.push(await timed(inPlace, {}));
  }
  return { set: set.title, bytes, before, installed };
}
