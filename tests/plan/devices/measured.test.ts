/** @file What plans take from checks of devices, from made-up records: rate, pass size, XLA; else estimates. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  measuredDevice,
  modelCalibration,
  recordFolder,
  type CheckedDevice,
} from '../../../harness/plan/devices/measured.ts';
import { deviceModels, type DeviceModelId } from '../../../harness/plan/devices/models.ts';
import { estimatedCalibration } from '../../../harness/plan/devices/sustained.ts';

let reports: string;
beforeAll(() => {
  reports = mkdtempSync(join(tmpdir(), 'gpu-reports-'));
});
afterAll(() => rmSync(reports, { recursive: true }));

function keep(id: string, record: unknown): void {
  mkdirSync(join(reports, id), { recursive: true });
  writeFileSync(join(reports, id, 'check.json'), typeof record === 'string' ? record : JSON.stringify(record));
}

const record = {
  schema: 'consistency-harness/device-check@1',
  hardware: 'NVIDIA H100 80GB HBM3',
  tensorflow: '2.21.0',
  defaults: { xla: true, passImages: 256 },
  checked: '2030-01-02T03:04:05.000Z',
  sustainedFlopsPerSecond: 61e12,
  findings: [],
};

const h100: CheckedDevice = { kind: 'gpu', hardware: 'NVIDIA H100 80GB HBM3', tensorflow: '2.21.0' };
const rateOf = (id: DeviceModelId, folder: string) =>
  modelCalibration(id, measuredDevice({ ...h100, hardware: id }, [folder]));

it('is measured where there is a record, and named by device and day', () => {
  keep('h100', record);
  expect(rateOf('h100', reports)).toEqual({
    flopsPerSecond: 61e12,
    device: 'NVIDIA H100 80GB HBM3 on 2030-01-02',
  });
});

it('is estimated where there is none, and where nothing fitted', () => {
  expect(rateOf('a100', reports)).toEqual(estimatedCalibration(deviceModels.a100));
  keep('t4', { ...record, hardware: 'Tesla T4', sustainedFlopsPerSecond: null });
  expect(rateOf('t4', reports)).toEqual(estimatedCalibration(deviceModels.t4));
});

it('is not taken from a record that cannot be read', () => {
  const path = join(reports, 'l4', 'check.json');
  keep('l4', '{');
  expect(() => rateOf('l4', reports)).toThrow(
    `${path}: got something else (no JSON), expected the record of \`npm run engine -- check\`. Restore or remove it.`,
  );
  keep('l4', { ...record, sustainedFlopsPerSecond: -1 });
  expect(() => rateOf('l4', reports)).toThrow('got something else (sustainedFlopsPerSecond)');
});

it('gives plans pass size and XLA, and says which device was measured and when', () => {
  keep('h100', record);
  expect(measuredDevice(h100, [reports])).toEqual({
    defaults: { xla: true, passImages: 256 },
    calibration: rateOf('h100', reports),
    notes: [
      'XLA on, at most 256 images per pass, by the check of NVIDIA H100 80GB HBM3 on 2030-01-02, unless options say otherwise.',
    ],
  });
  expect(measuredDevice({ ...h100, hardware: 'b200' }, [reports])).toEqual({ notes: [] });
});

it("goes by the user's own check before a committed one", () => {
  const own = mkdtempSync(join(reports, 'own-'));
  mkdirSync(join(own, 'h100'));
  writeFileSync(join(own, 'h100', 'check.json'), JSON.stringify({ ...record, sustainedFlopsPerSecond: 70e12 }));
  expect(measuredDevice(h100, [own, reports]).calibration!.flopsPerSecond).toBe(70e12);
  expect(measuredDevice(h100, [reports, own]).calibration!.flopsPerSecond).toBe(61e12);
});

it('takes no record of another model or of another engine, and says so', () => {
  const path = join(reports, 'h100', 'check.json');
  keep('h100', { ...record, hardware: 'NVIDIA H100 PCIe' });
  expect(measuredDevice(h100, [reports])).toEqual({
    notes: [`The check in ${path} is not taken: it is of NVIDIA H100 PCIe, not of NVIDIA H100 80GB HBM3.`],
  });
  keep('h100', { ...record, tensorflow: '2.20.0' });
  expect(measuredDevice(h100, [reports])).toEqual({
    notes: [`The check in ${path} is not taken: it is of TensorFlow 2.20.0, and this is 2.21.0.`],
  });
  expect(measuredDevice({ ...h100, tensorflow: undefined }, [reports]).notes[0]).toContain(
    'it is of TensorFlow 2.20.0, and the version here is not known before it is loaded.',
  );
});

it('names the folder of a record by model, of a GPU outside the table by its name', () => {
  expect(recordFolder(h100)).toBe('h100');
  expect(recordFolder({ kind: 'gpu', hardware: 'NVIDIA RTX A6000' })).toBe('nvidia-rtx-a6000');
  expect(recordFolder({ kind: 'cpu', hardware: 'Some Processor 9' })).toBe('cpu');
});
