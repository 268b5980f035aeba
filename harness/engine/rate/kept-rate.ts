/** @file Keeps the measured rate of this device in the cache: only the first plan on a machine measures it. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { Device } from '../../core/device.ts';
import { DataError } from '../../core/errors.ts';
import { cacheFolder } from '../../system/cache-folder.ts';
import { writeJsonAtomically } from '../../system/files/atomic-file.ts';
import { exists } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';
import type { Output } from '../../system/progress.ts';
import { hardwareName } from '../device.ts';

const rateSchema = z.strictObject({
  /** The device that was measured: a rate of another one is not taken. */
  processor: z.string(),
  cores: z.number(),
  gpu: z.string().nullable(),
  /** On convolutions with their gradients, float32; FLOP per second, two per multiply-add. */
  flopsPerSecond: z.number().positive(),
  measured: z.iso.datetime(),
});
type KeptRate = Readonly<z.infer<typeof rateSchema>>;

export interface RateOptions {
  readonly clock: Clock;
  /** Told of an installation that the measurement needs. */
  readonly output: Output;
  /** Whether to measure again whatever is kept. */
  readonly again: boolean;
  readonly environment?: NodeJS.ProcessEnv;
  /** FLOP per second of the device; opens the engine unless another way is given. */
  readonly measure?: () => Promise<number>;
}

/** The rate of the device as kept, or measured now and kept. */
export async function keptRate(device: Device, options: RateOptions): Promise<KeptRate> {
  const { clock, again, output, environment = process.env } = options;
  const path = join(cacheFolder(environment), 'rates', `${device}.json`);
  const here = {
    processor: hardwareName('cpu', environment),
    cores: availableParallelism(),
    gpu: device === 'gpu' ? hardwareName('gpu', environment) : null,
  };
  const kept = again ? undefined : readRate(path);
  if (kept?.processor === here.processor && kept.cores === here.cores && kept.gpu === here.gpu) return kept;
  const measure = options.measure ?? (() => measureRate(device, options));
  const rate = { ...here, flopsPerSecond: await measure(), measured: clock.date().toISOString() };
  try {
    writeJsonAtomically(path, rate);
  } catch (thrown) {
    // A shared cache that cannot be written holds the plan up no further than a measurement each time.
    if (!(thrown instanceof DataError)) throw thrown;
    output.write(`the rate of this device is not kept: ${thrown.message}\n`);
  }
  return rate;
}

/** Nothing where there is none, or a damaged one: a rate can always be measured again. */
function readRate(path: string): KeptRate | undefined {
  if (!exists(path)) return undefined;
  try {
    return rateSchema.safeParse(JSON.parse(readText(path))).data;
  } catch {
    return undefined;
  }
}

/** The engine is loaded only where something is measured: that takes longer than the rest of a plan. */
async function measureRate(device: Device, { clock, output }: RateOptions): Promise<number> {
  const [{ openEngine }, { measurePeaks }] = await Promise.all([import('../open.ts'), import('./calibrate.ts')]);
  await openEngine({ device, output });
  const [convolution] = measurePeaks(clock);
  return convolution!.flopsPerSecond;
}
