/** @file Tells whether a process is running. */
import { systemCode } from '../../core/errors.ts';

/** By its number; one of another user counts. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return systemCode(thrown) === 'EPERM';
  }
}
