/** @file Workload of `npm run engine -- check` by kind of device, and the place of its page. */
import { ownProcess } from '../../harness/cli/own-process.ts';
import { join, resolve } from 'node:path';
import { checkDevice, type CheckRequest, type DeviceCheck } from '../../harness/bench/check/check.ts';
import { checkPage } from '../../harness/bench/check/print.ts';
import { DataError } from '../../harness/core/errors.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { hardwareName } from '../../harness/engine/device.ts';
import { recordFolder } from '../../harness/plan/devices/measured.ts';
import { engineSettings } from '../../harness/plan/engine-settings.ts';
import { resolvePlan } from '../../harness/plan/resolve.ts';
import type { EngineSettings, Plan } from '../../harness/plan/types.ts';
import { keptChecks } from './checked-device.ts';
import { graphFolder, publishedGraph } from '../../harness/metrics/features/inception/weights.ts';
import { cacheFolder } from '../../harness/system/cache-folder.ts';
import { canSee } from '../../harness/system/files/files.ts';
import { writeFileAtomically, writeJsonAtomically } from '../../harness/system/files/atomic-file.ts';
import { standardError } from '../../harness/system/progress.ts';
import { benchSizes, type BenchSizeName } from '../../recipes/bench.ts';
import type { Device } from '../../harness/core/device.ts';

/** Batches of each network; a CPU is given what takes minutes. */
const batches: Readonly<Record<Device | 'quick', readonly (readonly [BenchSizeName, readonly number[]])[]>> = {
  gpu: [
    ['small', [16, 64, 256, 1024]],
    ['full', [16, 64, 128, 256, 512]],
  ],
  cpu: [['small', [1, 4, 16]]],
  quick: [['twin', [1, 4]]],
};

export function requestedCheck(device: Device, quick: boolean): Promise<DeviceCheck> {
  const size = quick ? 'twin' : device === 'gpu' ? 'full' : 'small';
  const request: CheckRequest = {
    device,
    stepPlan: (settings) => planOf(quick || device === 'cpu' ? 'twin' : 'small', 4, { device, ...settings }),
    speedPlans: batches[quick ? 'quick' : device].flatMap(([name, images]) =>
      images.map((batch) => planOf(name, batch, { device, microBatchImages: batch })),
    ),
    xlaPlan: planOf(size, quick || device === 'cpu' ? 4 : 64, {
      device,
      microBatchImages: quick || device === 'cpu' ? 4 : 64,
      xla: true,
    }),
    hardware: hardwareName(device),
    samplePlan: planOf(size, 4, { device }),
    sampleImages: quick ? 4 : device === 'gpu' ? 128 : 4,
    inception: { graph: publishedGraphHere(), images: quick ? 2 : device === 'gpu' ? 32 : 8 },
    pass: {
      planOf: (images) => planOf(size, images, { device, microBatchImages: images }),
      tries: quick ? 2 : 8,
      cpuBytes: (quick ? 1 : 2) * 2 ** 30,
    },
    ownProcess: ownProcess('bench/probe'),
  };
  return checkDevice(request, { output: standardError(), clock: systemClock });
}

/** Where the published Inception graph lies in the cache; null where it does not. */
function publishedGraphHere(): string | null {
  const path = join(cacheFolder(), graphFolder, publishedGraph.name);
  return canSee(path) ? path : null;
}

/** Writes page and record. @returns their folder */
export function writeCheck(check: DeviceCheck, out: string): string {
  const folder = join(resolve(out), recordFolder(check));
  writeJsonAtomically(join(folder, 'check.json'), check);
  writeFileAtomically(join(folder, 'README.md'), checkPage(check));
  return folder;
}

/** Keeps the record for the plans of this user; a cache that only others may write is no reason to lose a check. */
export function keepCheck(check: DeviceCheck): void {
  try {
    standardError().write(`check: plans take it from ${writeCheck(check, keptChecks())}\n`);
  } catch (thrown) {
    if (!(thrown instanceof DataError)) throw thrown;
    standardError().write(`check: not kept for plans. ${thrown.message}\n`);
  }
}

function planOf(
  name: BenchSizeName,
  batchImages: number,
  settings: Partial<EngineSettings> & Pick<EngineSettings, 'device'>,
): Plan {
  const { recipe, scale } = benchSizes[name];
  const engine = engineSettings(batchImages, settings, recipe);
  return resolvePlan({ recipe, scale: { ...scale, batchImages }, seed: 0, engine });
}
