/** @file Ends the processes of a benchmark and removes its files, however it ends. */
import { makeTemporaryFolder, remove } from '../../system/files/files.ts';
import type { SubjectProcess } from './subject-process.ts';

const stopSignals = ['SIGINT', 'SIGTERM'] as const;
/** The exit code of a command that Ctrl-C ended, as shells have it. */
const interrupted = 130;

/** @param work given a temporary folder, and the set of what runs, which it keeps */
export async function withProcesses<T>(work: (folder: string, running: Set<SubjectProcess>) => Promise<T>): Promise<T> {
  const folder = makeTemporaryFolder('consistency-bench-');
  const running = new Set<SubjectProcess>();
  const clean = () => {
    for (const process of running) process.killGroup();
    running.clear();
    // A process that was killed this moment may still be writing its last file.
    remove(folder, 20);
  };
  // There is nothing to go on with, and the files (hundreds of megabytes) must not stay.
  const stop = () => process.exit(interrupted);
  process.once('exit', clean);
  for (const signal of stopSignals) process.once(signal, stop);
  try {
    return await work(folder, running);
  } finally {
    clean();
    process.off('exit', clean);
    for (const signal of stopSignals) process.off(signal, stop);
  }
}
