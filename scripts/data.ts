/**
 * @file `npm run data -- where|fetch|check|bundle|install`: files that all runs share through the cache.
 *
 * They are the data, Inception, references and VGG16.
 */
import { Command } from 'commander';
import { runCommand } from '../harness/cli/command.ts';
import { systemClock } from '../harness/core/clock.ts';
import { formatBytes } from '../harness/core/units.ts';
import type { DataContext } from '../harness/data/packed.ts';
import type { BundleIndex } from '../harness/formats/bundle.ts';
import { fetchableIds, isThere, sharedFileNamed, statesOf } from '../harness/run/shared/files.ts';
import type { FileState, SharedFileId } from '../harness/run/shared/files.ts';
import { bundleShared, checkShared, fetchShared, installShared, missingShared } from '../harness/run/shared/share.ts';
import { cacheFolder } from '../harness/system/cache-folder.ts';
import { standardError } from '../harness/system/progress.ts';

interface Options {
  readonly json?: true;
}

const command = new Command('npm run data --')
  .description(
    'What runs download, in the cache folder: fetched once, carried to machines without a network, shared by many.',
  )
  .addHelpText(
    'after',
    `
CONSISTENCY_CACHE  the cache folder (now ${cacheFolder()}); may be read-only once it is filled
Names: ${fetchableIds.join(', ')}, and imagenet64 once it is packed. Without names: all but imagenet64.`,
  );

part('where', 'where each file lies, and which are there').action((names: string[], options: Options) => {
  const states = statesOf(named(names), cacheFolder());
  print(options, states, states.map(stateLine));
});

part('fetch', 'download and pack what is not there, read what is').action(async (names: string[], options: Options) => {
  const ids = named(names);
  await fetchShared(ids, context());
  const states = statesOf(ids, cacheFolder());
  print(options, states, states.map(stateLine));
});

part('check', 'read what is there, compare it with its hashes, and name what is missing').action(
  async (names: string[], options: Options) => {
    const states = await checkShared(named(names), context());
    print(options, states, states.map(stateLine));
    const fault = missingShared(states, cacheFolder());
    if (fault) throw fault;
  },
);

part('bundle', 'write what is there as one file or folder')
  .requiredOption('--out <file.tar or folder>', 'where it is written')
  .action(async (names: string[], options: Options & { readonly out: string }) => {
    const index = await bundleShared(named(names), options.out, context());
    print(options, index, [
      `${bundleLine(index)} in ${options.out}. On the other machine: npm run data -- install --from ${options.out}`,
    ]);
  });

command
  .command('install')
  .description('put the files of a bundle into the cache: no network is needed')
  .requiredOption('--from <bundle>', 'what `bundle` wrote')
  .option('--json', 'print one JSON document in place of lines')
  .action(async ({ from, json }: Options & { readonly from: string }) => {
    const states = await installShared(from, context());
    print({ ...(json && { json }) }, states, states.map(stateLine));
  });

await runCommand(command);

function part(name: string, description: string): Command {
  return command
    .command(name)
    .description(description)
    .argument('[names...]', 'which of them')
    .option('--json', 'print one JSON document in place of lines');
}

function named(names: readonly string[]): readonly SharedFileId[] {
  return names.length === 0 ? fetchableIds : names.map(sharedFileNamed);
}

function context(): DataContext {
  return { cache: cacheFolder(), output: standardError(), clock: systemClock };
}

function stateLine(state: FileState): string {
  const { id, title, use, paths, missing } = state;
  const place = isThere(state) ? paths[0]! : `missing${missing[0] === undefined ? '' : `: ${missing[0]}`}`;
  return `${id.padEnd(20)} ${place}\n${' '.repeat(21)}${title}; for ${use}`;
}

function bundleLine({ title, files }: BundleIndex): string {
  return `${title}: ${files.length} files, ${formatBytes(files.reduce((sum, { bytes }) => sum + bytes, 0))}`;
}

function print({ json }: Options, value: unknown, lines: readonly string[]): void {
  console.log(json ? JSON.stringify(value, null, 2) : lines.join('\n'));
}
