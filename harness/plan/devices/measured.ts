/**
 * @file Reads the measured rate of a GPU from the committed record of its check.
 *
 * Where there is one it takes the place of the estimate.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { DataError, described } from '../../core/errors.ts';
import { exists } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';
import type { Calibration } from '../cost.ts';
import { deviceModels, type DeviceModelId } from './models.ts';
import { estimatedCalibration } from './sustained.ts';

/** What a plan takes from the record that `npm run engine -- check` writes. */
const recordSchema = z.object({
  schema: z.literal('consistency-harness/device-check@1'),
  device: z.string(),
  checked: z.iso.datetime(),
  sustainedFlopsPerSecond: z.number().positive().nullable(),
});

/**
 * @param reports the folder that holds `<model>/check.json`
 * @returns the rate that was measured, else the estimate
 * @throws DataError when there is a record that cannot be read
 */
export function modelCalibration(id: DeviceModelId, reports: string): Calibration {
  const path = join(reports, id, 'check.json');
  if (!exists(path)) return estimatedCalibration(deviceModels[id]);
  const { device, checked, sustainedFlopsPerSecond } = readRecord(path);
  if (sustainedFlopsPerSecond === null) return estimatedCalibration(deviceModels[id]);
  return { flopsPerSecond: sustainedFlopsPerSecond, device: `${device} on ${checked.slice(0, 10)}` };
}

function readRecord(path: string): z.infer<typeof recordSchema> {
  const parsed = recordSchema.safeParse(jsonOf(readText(path)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const what = issue && issue.path.length > 0 ? issue.path.join('.') : 'no JSON';
  throw new DataError({
    where: path,
    got: described(`something else (${what})`),
    expected: 'the record of `npm run engine -- check`',
    remedy: 'Restore or remove it',
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
