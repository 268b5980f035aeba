/** @file The rate of a GPU in plans: measured where a check was kept, else estimated. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { modelCalibration } from '../../../harness/plan/devices/measured.ts';
import { deviceModels } from '../../../harness/plan/devices/models.ts';
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
  device: 'NVIDIA H100 80GB HBM3',
  checked: '2030-01-02T03:04:05.000Z',
  sustainedFlopsPerSecond: 61e12,
  findings: [],
};

it('is measured where there is a record, and named by device and day', () => {
  keep('h100', record);
  expect(modelCalibration('h100', reports)).toEqual({
    flopsPerSecond: 61e12,
    device: 'NVIDIA H100 80GB HBM3 on 2030-01-02',
  });
});

it('is estimated where there is none, and where nothing fitted', () => {
  expect(modelCalibration('a100', reports)).toEqual(estimatedCalibration(deviceModels.a100));
  keep('t4', { ...record, sustainedFlopsPerSecond: null });
  expect(modelCalibration('t4', reports)).toEqual(estimatedCalibration(deviceModels.t4));
});

it('is not taken from a record that cannot be read', () => {
  const path = join(reports, 'l4', 'check.json');
  keep('l4', '{');
  expect(() => modelCalibration('l4', reports)).toThrow(
    `${path}: got something else (no JSON), expected the record of \`npm run engine -- check\`. Restore or remove it.`,
  );
  keep('l4', { ...record, sustainedFlopsPerSecond: -1 });
  expect(() => modelCalibration('l4', reports)).toThrow('got something else (sustainedFlopsPerSecond)');
});
