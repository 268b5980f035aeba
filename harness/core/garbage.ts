/** @file Asking the JavaScript engine to free what nobody holds. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Frees unreachable memory now. After gigabytes of host arrays have been copied to the device this is worth a pause: a native step needs
 * hardly any JavaScript memory, so that nothing else would start a collection for a long time.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
