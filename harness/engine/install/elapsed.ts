/** @file Work whose amount is unknown: shown by the seconds it has taken. */
import { formatDuration } from '../../core/units.ts';
import type { InstallContext } from './context.ts';

/** Seconds between two lines where lines cannot be rewritten. */
const plainEvery = 30;

/** Runs `work`; on a terminal one rewritten line, elsewhere a line at the beginning, every half minute, and at the end. */
export async function withElapsed<T>(
  label: string,
  { output, clock }: Pick<InstallContext, 'output' | 'clock'>,
  work: () => Promise<T>,
): Promise<T> {
  const started = clock.now();
  const seconds = () => (clock.now() - started) / 1000;
  const show = (text: string) => output.write(output.isTerminal ? `\r\u001b[2K${text}` : `${text}\n`);
  show(`${label} ...`);
  const ticker = setInterval(
    () => show(`${label}: ${formatDuration(seconds())}`),
    output.isTerminal ? 1_000 : plainEvery * 1_000,
  );
  try {
    const result = await work();
    show(`${label}: done in ${formatDuration(seconds())}${output.isTerminal ? '\n' : ''}`);
    return result;
  } catch (thrown) {
    if (output.isTerminal) output.write('\n');
    throw thrown;
  } finally {
    clearInterval(ticker);
  }
}
