/**
 * @file Reads measured rate, pass size and XLA of a device from the records of its checks.
 *
 * They take the place of estimates. The newest check of this user, which the cache keeps, goes before a committed one.
 */
import { join } from 'node:path';
import { z } from 'zod';
import type { Device } from '../../core/device.ts';
import { DataError, described } from '../../core/errors.ts';
import { asJson } from '../../core/record.ts';
import { exists } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';
import type { Calibration } from '../cost.ts';
import type { MeasuredDefaults } from '../engine-settings.ts';
import { deviceModels, modelReported, type DeviceModelId } from './models.ts';
import { estimatedCalibration } from './sustained.ts';

/** What a plan takes from the record that `npm run engine -- check` writes. */
const recordSchema = z.object({
  schema: z.literal('consistency-harness/device-check@1'),
  /** The GPU as its driver names it, or the processor. */
  hardware: z.string(),
  /** The version of the engine that was measured. */
  tensorflow: z.string(),
  checked: z.iso.datetime(),
  sustainedFlopsPerSecond: z.number().positive().nullable(),
  defaults: z.object({ xla: z.boolean(), passImages: z.int().positive().nullable() }),
});
type CheckRecord = Readonly<z.infer<typeof recordSchema>>;

/** The device that a plan is made for. */
export interface CheckedDevice {
  readonly kind: Device;
  /** The GPU as its driver names it, or the processor; of a device elsewhere, the id of its model. */
  readonly hardware: string;
  /** The version of the engine that will run; undefined where it is not known before it is loaded. */
  readonly tensorflow: string | undefined;
}

/** What checks say of a device. */
export interface Measured {
  /** Undefined where no record is taken. */
  readonly defaults?: MeasuredDefaults;
  readonly calibration?: Calibration;
  /** Lines for the person: where the figures come from, and which records were not taken. */
  readonly notes: readonly string[];
}

/** Name of the folder of a device's record: the id of its model, else its own name; `cpu` for processors. */
export function recordFolder({ kind, hardware }: Pick<CheckedDevice, 'kind' | 'hardware'>): string {
  return kind === 'cpu' ? 'cpu' : modelOf(hardware).toLowerCase().replaceAll(/\W+/g, '-');
}

/**
 * The first record that is of this model and of this version of the engine.
 * @param folders that hold `<device>/check.json`, in the order in which they are asked
 * @throws DataError when there is a record that cannot be read
 */
export function measuredDevice(device: CheckedDevice, folders: readonly string[]): Measured {
  const notes: string[] = [];
  for (const folder of folders) {
    const path = join(folder, recordFolder(device), 'check.json');
    if (!exists(path)) continue;
    const record = readRecord(path);
    const objection = objectionTo(record, device);
    if (objection !== undefined) {
      notes.push(`The check in ${path} is not taken: ${objection}.`);
      continue;
    }
    const { sustainedFlopsPerSecond, defaults } = record;
    const source = `${record.hardware} on ${record.checked.slice(0, 10)}`;
    return {
      defaults,
      ...(sustainedFlopsPerSecond !== null && {
        calibration: { flopsPerSecond: sustainedFlopsPerSecond, device: source },
      }),
      notes: [...notes, `${defaultsText(defaults)}, by the check of ${source}, unless options say otherwise.`],
    };
  }
  return { notes };
}

/** The rate that was measured on a model, else the estimate. */
export function modelCalibration(id: DeviceModelId, { calibration }: Measured): Calibration {
  return calibration ?? estimatedCalibration(deviceModels[id]);
}

function modelOf(hardware: string): string {
  return modelReported(hardware) ?? hardware;
}

function objectionTo(record: CheckRecord, { hardware, tensorflow }: CheckedDevice): string | undefined {
  if (modelOf(record.hardware) !== modelOf(hardware)) return `it is of ${record.hardware}, not of ${hardware}`;
  if (record.tensorflow === tensorflow) return undefined;
  const here = tensorflow === undefined ? 'the version here is not known before it is loaded' : `this is ${tensorflow}`;
  return `it is of TensorFlow ${record.tensorflow}, and ${here}`;
}

function defaultsText({ xla, passImages }: MeasuredDefaults): string {
  const passes = passImages === null ? '' : `, at most ${passImages} ${passImages === 1 ? 'image' : 'images'} per pass`;
  return `XLA ${xla ? 'on' : 'off'}${passes}`;
}

function readRecord(path: string): CheckRecord {
  const parsed = recordSchema.safeParse(asJson(readText(path)));
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
