/** @file Command-line options of `plan` and `reproduce`: scale, recipes, seeds, device, engine settings. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { PlanRequest } from '../plan/request.ts';
import { groupNormKinds, reductions } from '../plan/types.ts';
import { deviceOption } from './device-option.ts';
import { positive } from './numbers.ts';
import type { DeviceChoice } from '../core/device.ts';

export interface PlanOptions extends PlanRequest {
  readonly device: DeviceChoice;
}

/** Adds the options that choose scale, recipes, seeds and engine settings. */
export function withPlanOptions(command: Command): Command {
  return command
    .option('--scale <name>', 'how much of the recipes is run (default: hour on a GPU, smoke on a CPU)')
    .option('--recipes <names>', 'recipes such as ct,ict (default: both), or ladder, leave-one-out', list)
    .option(
      '--seeds <numbers>',
      'seeds such as 0,1,2 (default: three where the scale is for comparisons, else 0)',
      numbers,
    )
    .addOption(deviceOption())
    .addOption(
      new Option('--precision <type>', 'of the branches of residual and attention blocks')
        .choices(['float32', 'bfloat16'])
        .default('float32'),
    )
    .addOption(
      new Option('--engine-mode <mode>', 'one native function, or op by op')
        .choices(['compiled', 'eager'])
        .default('compiled'),
    )
    .option('--micro-batch <images>', 'images per pass inside a step', natural)
    .option('--ranks <n>', 'processes that share each batch, one per GPU (default: one)', positive)
    .addOption(
      new Option(
        '--reduction <kind>',
        'ordered: the same bits for any number of ranks; fast: in the order of TensorFlow',
      )
        .choices(reductions)
        .default('ordered'),
    )
    .addOption(
      new Option(
        '--group-norm <kind>',
        "native: this project's operation, on a CPU (default there); plain: operations of TensorFlow",
      ).choices(groupNormKinds),
    )
    .option('--recompute', 'compute activations again in the backward pass instead of keeping them')
    .option('--no-tf32', 'products of float32 in full on a GPU, which rounds them to TensorFloat-32 otherwise')
    .option('--xla', 'compile the step further with XLA (default: as a check of this device measured, else not)')
    .option('--no-xla', 'leave XLA out, whatever a check measured');
}

/** `a,b` -> a and b */
export function list(text: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === '')) throw new InvalidArgumentError('Separate names by single commas.');
  return items;
}

function numbers(text: string): number[] {
  return list(text).map(natural);
}

function natural(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give whole numbers.');
  return Number(text);
}
