/** @file Shows the elapsed seconds of work whose amount is unknown. */
import { formatDuration } from '../../core/units.ts';
import { showLine } from '../../system/progress.ts';
import type { InstallContext } from './context.ts';

/** Seconds between two lines where lines cannot be rewritten. */
const plainEvery = 60;

/** Runs `work`; on a terminal one rewritten line, elsewhere a line at the beginning, every minute, and at the end. */
export async function withElapsed<T>(
  label: string,
  { output, clock }: Pick<InstallContext, 'output' | 'clock'>,
  work: () => Promise<T>,
): Promise<T> {
  const started = clock.now();
  const seconds = () => (clock.now() - started) / 1000;
  const show = (text: string, last = false) => showLine(output, text, last);
  show(`${label} ...`);
  const ticker = setInterval(
    () => show(`${label}: ${formatDuration(seconds())}`),
    output.isTerminal ? 1_000 : plainEvery * 1_000,
  );
  try {
    const result = await work();
    show(`${label}: done in ${formatDuration(seconds())}`, true);
    return result;
  } finally {
    clearInterval(ticker);
  }
}
