/** @file Options, opened plan and document of the benchmarks that take a size of recipes/bench.ts. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { deviceOption } from '../../../harness/cli/device-option.ts';
import { positive } from '../../../harness/cli/numbers.ts';
import type { DeviceChoice } from '../../../harness/core/device.ts';
import { significant } from '../../../harness/core/units.ts';
import { detectedDevice } from '../../../harness/engine/device.ts';
import { openEngine } from '../../../harness/engine/open.ts';
import { engineSettings } from '../../../harness/plan/engine-settings.ts';
import { resolvePlan } from '../../../harness/plan/resolve.ts';
import type { Plan } from '../../../harness/plan/types.ts';
import { writeJsonAtomically } from '../../../harness/system/files/atomic-file.ts';
import { requireOutputFile } from '../../../harness/system/files/output-file.ts';
import { standardError } from '../../../harness/system/progress.ts';
import { benchSizes, type BenchSizeName } from '../../../recipes/bench.ts';

export interface SizedOptions {
  readonly size: BenchSizeName;
  readonly threads: number;
  readonly device: DeviceChoice;
  readonly json?: true;
  readonly out?: string;
}

export function withSizedOptions(command: Command): Command {
  return command
    .addOption(new Option('--size <name>', 'network and batch').choices(Object.keys(benchSizes)).default('small'))
    .option('--threads <number>', 'threads', positive, availableParallelism())
    .addOption(deviceOption())
    .option('--json', 'print one JSON document with every duration')
    .option('--out <folder>', 'also write that document into this folder');
}

/** The plan of the size, with the engine open for it. */
export async function openedPlan({ size, device: asked, threads }: SizedOptions): Promise<Plan> {
  const { recipe, scale } = benchSizes[size];
  const engine = engineSettings(recipe.tuning.batchImages, { device: detectedDevice(asked) }, recipe);
  const plan = resolvePlan({ recipe, scale, seed: 0, engine });
  const { device, tf32, deterministic } = plan.engine;
  await openEngine({ device, tf32, deterministic, threads, output: standardError() });
  return plan;
}

/** Where the document goes, tried before the work; null where it is not written. */
export function outputOf({ out }: SizedOptions, name: string): string | null {
  if (out === undefined) return null;
  const path = join(out, name);
  requireOutputFile(path);
  return path;
}

export function finish(measured: object, written: string | null, { json }: SizedOptions, text: () => string): void {
  const command = `npm run bench -- ${process.argv.slice(2).join(' ')}`;
  if (written !== null) writeJsonAtomically(written, { command, ...measured });
  console.log(json ? JSON.stringify(measured, null, 2) : text());
}

export function percent(share: number): string {
  return `${significant(100 * share, 2)} %`;
}
