/** @file The option `--device` of every command that computes. */
import { Option } from 'commander';
import { deviceChoices } from '../core/device.ts';

/** The GPU where there is one unless the person chooses. */
export function deviceOption(): Option {
  return new Option('--device <kind>', 'where the engine runs').choices(deviceChoices).default('auto');
}
