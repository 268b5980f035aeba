/** @file `npm run bench -- unpack`: time to unpack the engine's wheels, one by one and at once. */
import { join } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../../harness/core/clock.ts';
import { formatBytes, significant } from '../../harness/core/units.ts';
import { deviceOfBundle, placeBundle } from '../../harness/engine/install/library/bundle.ts';
import { unpackWheels, type UnpackingWay } from '../../harness/engine/install/library/unpack.ts';
import { wheelSet } from '../../harness/engine/install/library/wheel-set.ts';
import { wheelFolder } from '../../harness/engine/install/library/wheels.ts';
import { writeInTurn } from '../../harness/bench/subjects/written-in-turn.ts';
import { positive } from '../../harness/cli/numbers.ts';
import { makeTemporaryFolder, namesIn, remove } from '../../harness/system/files/files.ts';
import { silence, standardError } from '../../harness/system/progress.ts';

interface Options {
  readonly from: string;
  readonly rounds: number;
  readonly json?: true;
}

export function unpackBench(): Command {
  return new Command('unpack')
    .description(
      'unpacking the wheels of a bundle (`npm run engine -- bundle`), one file after another with synchronous writes, and as it is installed',
    )
    .requiredOption('--from <bundle>', 'the bundle; it is unpacked below TMPDIR and removed')
    .option('--rounds <number>', 'of both, in turns', positive, 3)
    .option('--json', 'print one JSON document')
    .action(async ({ from, rounds, json }: Options) => {
      const root = makeTemporaryFolder('consistency-unpack-');
      try {
        const measured = await measure(from, rounds, root);
        const { bytes, one, several } = measured;
        const [slow, fast] = [one, several].map((seconds) => Math.min(...seconds)) as [number, number];
        const text = `${formatBytes(bytes)}: ${significant(slow, 3)} s one file after another, ${significant(fast, 3)} s as installed (${significant((100 * fast) / slow, 2)} %)`;
        console.log(json ? JSON.stringify(measured, null, 2) : text);
      } finally {
        remove(root);
      }
    });
}

async function measure(from: string, rounds: number, root: string) {
  const set = wheelSet(await deviceOfBundle(from));
  const context = {
    root,
    output: standardError(),
    clock: systemClock,
    environment: process.env,
    signal: new AbortController().signal,
  };
  await placeBundle(from, [set], context);
  const folder = wheelFolder(root);
  const wheels = namesIn(folder).map((name) => join(folder, name));
  const target = join(root, 'unpacked');
  let bytes = 0;
  const timed = async (way: UnpackingWay): Promise<number> => {
    const begun = systemClock.now();
    const files = await unpackWheels(set, wheels, target, { ...context, output: silence }, way);
    const seconds = (systemClock.now() - begun) / 1000;
    bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    remove(target);
    return seconds;
  };
  const one: number[] = [];
  const several: number[] = [];
  for (let round = 0; round < rounds; round++) {
    one.push(await timed({ atOnce: 1, write: writeInTurn }));
    several.push(await timed({}));
  }
  return { set: set.title, bytes, one, several };
}
