/** @file The device of a plan by what a person types: a model, this machine's own, or a rate. */
import { UsageError, described } from '../../core/errors.ts';
import { suggestion } from '../../core/suggest.ts';
import { deviceModels, type DeviceModelId } from './models.ts';
import { devices, type Device } from '../../core/device.ts';

export type PlannedDevice =
  | { readonly kind: 'model'; readonly id: DeviceModelId }
  /** Measured where the plan is made. */
  | { readonly kind: 'here'; readonly device: Device }
  /** A GPU of which only the rate is known. */
  | { readonly kind: 'rate'; readonly flopsPerSecond: number };

/**
 * `h100`, `cpu`, `gpu`, or TFLOP/s such as `60`. Case, spaces and a vendor's prefix do not matter: `RTX 4090`, `NVIDIA H100`.
 * @throws UsageError with the nearest names
 */
export function plannedDevice(text: string): PlannedDevice {
  const name = text.toLowerCase().replace(/^(nvidia|geforce|tesla)\b|\s|tflop\/?s$/g, '');
  if (name === 'cpu' || name === 'gpu') return { kind: 'here', device: name };
  if (Object.hasOwn(deviceModels, name)) return { kind: 'model', id: name as DeviceModelId };
  const number = Number(name);
  if (name !== '' && Number.isFinite(number)) {
    if (number > 0 && number < 1e6) return { kind: 'rate', flopsPerSecond: number * 1e12 };
    throw new UsageError({
      where: '--on',
      got: described(`${text} TFLOP/s`),
      expected: 'a rate above 0 and below a million TFLOP/s',
      remedy: 'Give what the device sustains, such as 40, or the name of a model',
    });
  }
  throw new UsageError({
    where: '--on',
    got: text,
    expected: 'a device, or its sustained TFLOP/s',
    remedy: suggestion(name, [...Object.keys(deviceModels), ...devices]),
  });
}
