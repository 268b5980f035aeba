/** @file Reads from TensorFlow's messages why it does not use a GPU, or crashes on it. */
import type { EngineError } from '../../../core/errors.ts';
import { driverLibraries, missingClause, missingLibraries, unusableGpu } from './gpu.ts';

/** An optional part that the wheel never has; TensorFlow may say that it misses it. */
const optional = 'libnvinfer';

const elsewhere =
  'Run `npm run engine -- remove` and start again, or for a TensorFlow of your own put the library where the loader looks (LD_LIBRARY_PATH), or ask for the CPU with --cpu or --device cpu';

/** The error for a GPU of which the messages say that it cannot be used; undefined where they blame nothing of the GPU. */
export function gpuFault(sign: string, messages: string): EngineError | undefined {
  const names = [...messages.matchAll(/Could not load dynamic library '([^']+)'/g)].map(([, name]) => name!);
  const unopened = [...new Set(names)].filter((name) => !name.startsWith(optional));
  if (unopened.length > 0) {
    const ofDriver = unopened.every((name) => driverLibraries.some((one) => one === name));
    return unusableGpu(sign, `${unopened.join(' and ')} cannot be opened`, ofDriver ? undefined : elsewhere);
  }
  if (messages.includes('cudaErrorInsufficientDriver')) {
    return unusableGpu(sign, 'its driver is older than the CUDA that TensorFlow brings');
  }
  const [, refusal] = /failed call to cuInit: (?:.*Failed call to cuInit: )?(.+)/.exec(messages) ?? [];
  return refusal === undefined ? undefined : unusableGpu(sign, `the driver does not start (${refusal.trim()})`);
}

/** The error for a GPU that was left alone, whether or not the messages say why. */
export function unusedGpu(sign: string, messages: string, environment: NodeJS.ProcessEnv): EngineError {
  const fault = gpuFault(sign, messages);
  if (fault) return fault;
  const missing = missingLibraries(driverLibraries, environment);
  if (missing.length > 0) return unusableGpu(sign, missingClause(missing));
  const last = messages.split('\n').findLast((line) => /gpu|cuda/i.test(line));
  return unusableGpu(
    sign,
    last === undefined ? 'TensorFlow does not say why' : `it says only "${last.replace(/^.*?\] /, '')}"`,
  );
}
