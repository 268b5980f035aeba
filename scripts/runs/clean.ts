/** @file `npm run clean -- [name...]`: what runs, downloads and engines take; removes what is named. */
import { Command } from 'commander';
import { runCommand } from '../../harness/cli/command.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { formatBytes } from '../../harness/core/units.ts';
import { removeEngine } from '../../harness/engine/install/remove.ts';
import { listItems, removeItems, type Item } from '../../harness/run/space.ts';
import { cacheFolder } from '../../harness/system/cache-folder.ts';

const command = new Command('npm run clean --')
  .description(
    'Without names: lists what runs, downloads and engines take. With names of that list: removes those, and nothing else.',
  )
  .argument('[name...]', 'such as runs/shapes-smoke or cache/engine')
  .option('--runs <folder>', 'where runs are kept', 'runs')
  .option('--json', 'print one JSON document in place of text')
  .action(async (names: string[], { runs, json }: { readonly runs: string; readonly json?: true }) => {
    const items = listItems(runs, cacheFolder());
    const removed = await removeItems(names, items, { clock: systemClock, removeEngine: () => removeEngine() });
    const shown = names.length > 0 ? removed : items;
    if (json) console.log(JSON.stringify(shown, null, 2));
    else console.log(names.length > 0 ? removedText(removed) : listText(items));
  });

function listText(items: readonly Item[]): string {
  if (items.length === 0) return 'Nothing: there are no runs, downloads or engines.';
  const width = Math.max(...items.map(({ name }) => name.length));
  const lines = items.map(({ name, bytes, changedMs }) => {
    const day = changedMs === null ? 'empty' : new Date(changedMs).toISOString().slice(0, 10);
    return `${name.padEnd(width)}  ${formatBytes(bytes).padStart(9)}  ${day}`;
  });
  const total = items.reduce((sum, { bytes }) => sum + bytes, 0);
  return [...lines, `${formatBytes(total)} in all; cache is ${cacheFolder()}. Name what is to be removed.`].join('\n');
}

function removedText(items: readonly Item[]): string {
  return items.map(({ name, bytes }) => `removed ${name}, ${formatBytes(bytes)}`).join('\n');
}

await runCommand(command);
