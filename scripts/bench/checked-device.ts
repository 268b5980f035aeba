/** @file Finds what checks measured on a device: those kept in the cache, then the committed ones. */
import { join } from 'node:path';
import type { Device } from '../../harness/core/device.ts';
import { hardwareName, pinnedTensorFlow } from '../../harness/engine/device.ts';
import { measuredDevice, type Measured } from '../../harness/plan/devices/measured.ts';
import { cacheFolder } from '../../harness/system/cache-folder.ts';

/** Folder of the committed checks. */
export const committedChecks = join(import.meta.dirname, '..', '..', 'reports', 'gpu');

/** Folder of the checks that this user ran. */
export function keptChecks(environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(environment), 'checks');
}

/**
 * @param hardware the model of a device elsewhere; left out: the device at hand
 * @throws DataError when there is a record that cannot be read
 */
export function checkedDevice(kind: Device, hardware?: string, environment: NodeJS.ProcessEnv = process.env): Measured {
  return measuredDevice(
    { kind, hardware: hardware ?? hardwareName(kind, environment), tensorflow: pinnedTensorFlow(kind, environment) },
    [keptChecks(environment), committedChecks],
  );
}
