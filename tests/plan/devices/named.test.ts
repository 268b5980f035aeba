/** @file Devices by name: models as people write them, rates, this machine's own, near misses. */
import { describe, expect, it } from 'vitest';
import { plannedDevice } from '../../../harness/plan/devices/named.ts';

describe('plannedDevice', () => {
  it.each(['rtx4090', 'RTX 4090', 'GeForce RTX 4090', 'nvidia rtx4090'])('reads %s', (name) => {
    expect(plannedDevice(name)).toEqual({ kind: 'model', id: 'rtx4090' });
  });

  it('reads a rate in TFLOP/s and the devices of this machine', () => {
    expect(plannedDevice('60')).toEqual({ kind: 'rate', flopsPerSecond: 60e12 });
    expect(plannedDevice('0.5 TFLOP/s')).toEqual({ kind: 'rate', flopsPerSecond: 0.5e12 });
    expect(plannedDevice('cpu')).toEqual({ kind: 'here', device: 'cpu' });
    expect(plannedDevice('GPU')).toEqual({ kind: 'here', device: 'gpu' });
  });

  it('suggests the nearest names', () => {
    expect(() => plannedDevice('h10')).toThrow(
      '--on: got "h10", expected a device, or its sustained TFLOP/s. Did you mean "a10" or "h100" or "a100".',
    );
    expect(() => plannedDevice('rtx409')).toThrow('Did you mean "rtx4090"');
    expect(() => plannedDevice('constructor')).toThrow('got "constructor"');
    expect(() => plannedDevice('')).toThrow('got ""');
  });

  it('refuses a rate that is none', () => {
    expect(() => plannedDevice('0')).toThrow(
      '--on: got 0 TFLOP/s, expected a rate above 0 and below a million TFLOP/s. Give what the device sustains, such as 40, or the name of a model.',
    );
    expect(() => plannedDevice('-3')).toThrow('got -3 TFLOP/s');
    expect(() => plannedDevice('4e13')).toThrow('below a million');
  });
});
