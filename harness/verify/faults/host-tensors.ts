/**
 * @file TensorFlow.js backend that keeps tensors on the host and computes nothing.
 *
 * Enough for what reads and writes their values.
 */
import * as tf from '@tensorflow/tfjs-core';

interface Kept {
  readonly values: tf.backend_util.BackendValues;
  count: number;
}

class HostTensors extends tf.KernelBackend {
  private readonly kept = new Map<object, Kept>();

  override write(values: tf.backend_util.BackendValues): object {
    const id = {};
    this.kept.set(id, { values, count: 1 });
    return id;
  }

  override move(
    id: object,
    values: tf.backend_util.BackendValues,
    _shape: number[],
    _type: tf.DataType,
    count: number,
  ) {
    this.kept.set(id, { values, count });
  }

  override readSync(id: object): tf.backend_util.BackendValues {
    return this.kept.get(id)!.values;
  }

  override read(id: object): Promise<tf.backend_util.BackendValues> {
    return Promise.resolve(this.readSync(id));
  }

  override refCount(id: object): number {
    return this.kept.get(id)?.count ?? 0;
  }

  override incRef(id: object): void {
    this.kept.get(id)!.count += 1;
  }

  override disposeData(id: object, force = false): boolean {
    const one = this.kept.get(id);
    if (!one) return true;
    one.count -= 1;
    if (!force && one.count > 0) return false;
    this.kept.delete(id);
    return true;
  }

  override numDataIds(): number {
    return this.kept.size;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override memory() {
    return { unreliable: true };
  }

  override timerAvailable(): boolean {
    return false;
  }
}

const name = 'host-tensors';

/** Makes this the backend of the process. A process that has loaded the engine must not call it. */
export function useHostTensors(): void {
  if (!tf.engine().registryFactory[name]) tf.registerBackend(name, () => new HostTensors());
  if (tf.getBackend() !== name) tf.setBackend(name).catch(() => undefined);
}
