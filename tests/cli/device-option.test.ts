import { Command } from 'commander';
import { expect, it } from 'vitest';
import { deviceOption } from '../../harness/cli/device-option.ts';

const asked = (...words: string[]): unknown =>
  new Command()
    .addOption(deviceOption())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .parse(words, { from: 'user' })
    .opts();

it('--device is the GPU where there is one unless the person chooses among cpu and gpu', () => {
  expect(asked()).toEqual({ device: 'auto' });
  expect(asked('--device', 'cpu')).toEqual({ device: 'cpu' });
  expect(asked('--device', 'gpu')).toEqual({ device: 'gpu' });
  expect(() => asked('--device', 'tpu')).toThrow('Allowed choices are auto, cpu, gpu.');
});
