/** @file The estimate of a GPU's rate: the A100 as it is known, others by their ratio to it. */
import { describe, expect, it } from 'vitest';
import { deviceModels, modelReported, type DeviceModel } from '../../../harness/plan/devices/models.ts';
import { estimatedCalibration, sustainedRate } from '../../../harness/plan/devices/sustained.ts';

const models: readonly DeviceModel[] = Object.values(deviceModels);

describe('sustainedRate', () => {
  it('is for an A100 what it is known to sustain', () => {
    // 1.024 million images in an hour (locuslab/ect) of 170 GFLOP (cifar10-ict, tests/plan/cost.test.ts): 48.3 TFLOP/s.
    const { low, middle, high } = sustainedRate(deviceModels.a100);
    expect([low, high]).toEqual([25e12, 48e12]);
    expect(middle).toBeCloseTo(Math.sqrt(25 * 48) * 1e12, -3);
    expect(Math.abs((1.024e6 * 170e9) / 3600 / high - 1)).toBeLessThan(0.01);
  });

  it('takes the smaller ratio to the A100 for the low end and the larger for the high end', () => {
    const twiceAsQuick = { peak: 312, bandwidth: 2.039 };
    expect(sustainedRate(twiceAsQuick)).toMatchObject({ low: 25e12, high: 96e12 });
    const twiceAsWide = { peak: 156, bandwidth: 4.078 };
    expect(sustainedRate(twiceAsWide)).toMatchObject({ low: 25e12, high: 96e12 });
  });

  it('stays below seven tenths of the peak where there is no TensorFloat-32', () => {
    expect(sustainedRate(deviceModels.v100).high).toBeCloseTo(0.7 * 15.7e12, -3);
  });

  it('is in order and below the peak for every row of the table', () => {
    for (const model of models) {
      const { low, middle, high } = sustainedRate(model);
      expect(low).toBeGreaterThan(0);
      expect(middle).toBeGreaterThanOrEqual(low);
      expect(high).toBeGreaterThanOrEqual(middle);
      expect(high).toBeLessThan(1e12 * model.peak);
    }
  });

  it('stands in plans as an estimate', () => {
    const { low, middle, high } = sustainedRate(deviceModels.h100);
    expect(estimatedCalibration(deviceModels.h100)).toEqual({
      flopsPerSecond: middle,
      device: 'H100 SXM 80 GB',
      basis: { kind: 'estimated', low, high },
    });
  });
});

describe('modelReported', () => {
  it.each([
    ['NVIDIA A100-SXM4-80GB', 'a100'],
    ['NVIDIA A100-SXM4-40GB', 'a100-40gb'],
    ['NVIDIA A100 80GB PCIe', 'a100-pcie'],
    ['NVIDIA H100 80GB HBM3', 'h100'],
    ['NVIDIA H100 PCIe', 'h100-pcie'],
    ['NVIDIA H200', 'h200'],
    ['NVIDIA A10G', 'a10'],
    ['Tesla T4', 't4'],
    ['Tesla V100-SXM2-16GB', 'v100'],
    ['NVIDIA L4', 'l4'],
    ['NVIDIA L40S', 'l40s'],
    ['NVIDIA GeForce RTX 4090', 'rtx4090'],
    ['NVIDIA GeForce GTX 1080', undefined],
  ])('knows %s', (name, id) => {
    expect(modelReported(name)).toBe(id);
  });
});
