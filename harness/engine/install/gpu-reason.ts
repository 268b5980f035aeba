/** @file Why TensorFlow leaves a GPU alone, read from its own messages. */
import { driverLibraries, missingLibraries } from './gpu.ts';

/** The reason as a clause, such as `libcudnn.so.9 cannot be opened`. */
export function gpuReason(messages: string, environment: NodeJS.ProcessEnv): string {
  const unopened = [...messages.matchAll(/Could not load dynamic library '([^']+)'/g)].map(([, name]) => name!);
  if (unopened.length > 0) return `${[...new Set(unopened)].join(', ')} cannot be opened`;
  const [, refusal] = /failed call to cuInit: (.*)/.exec(messages) ?? [];
  if (refusal !== undefined) return `the driver refuses to start (${refusal.trim()})`;
  const missing = missingLibraries(driverLibraries, environment);
  if (missing.length > 0) return `the driver's library ${missing.join(' and ')} is missing`;
  const last = messages.split('\n').findLast((line) => /gpu|cuda/i.test(line));
  return last === undefined ? 'TensorFlow does not say why' : `it says only "${last.replace(/^.*?\] /, '')}"`;
}
