/** @file Values of the real tools on few images beside this harness, where the Python environment is installed. */
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { runScoreBenchmark } from '../../../harness/bench/score/run.ts';
import { peersEnvironment } from '../../../harness/bench/peers/peers-environment.ts';
import { ownProcess } from '../../../harness/cli/own-process.ts';
import { systemClock } from '../../../harness/core/clock.ts';
import { silence } from '../../../harness/system/progress.ts';

const root = resolve(import.meta.dirname, '../../..');
const peers = join(root, 'harness/bench/peers');
const requirements = join(peers, 'requirements.txt');

function installed(): boolean {
  try {
    peersEnvironment(requirements);
    return true;
  } catch {
    return false;
  }
}

/** What is measured with all tools takes minutes: here each way to 299 pixels that is compared has one. */
it.each(installed() ? [['harness,torch-fidelity,pytorch-fid']] : [['harness']])(
  '%s',
  async (only) => {
    const ids = only.split(',');
    const { subjects, skipped } = await runScoreBenchmark(
      {
        images: 20,
        references: 16,
        rounds: 1,
        threads: 2,
        only: ids,
        graph: null,
        requirements,
        scripts: peers,
        ownProcess: ownProcess('bench/subject'),
        root,
        command: 'npm run bench -- score',
      },
      { output: silence, clock: systemClock },
    );
    expect(skipped).toEqual([]);
    expect(subjects.map(({ id }) => id)).toEqual(ids);
    for (const { id, runs } of subjects) {
      const [{ milliseconds, parts, values, residentBytes }] = runs as [(typeof runs)[number]];
      expect(values.frechet).toBeGreaterThan(1);
      expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBeLessThan(1.1 * milliseconds);
      expect(Object.keys(parts)).toEqual(expect.arrayContaining(['load', 'decode', 'network', 'resize', 'statistics']));
      expect(residentBytes).toBeGreaterThan(2e8);
      if (id !== 'pytorch-fid') expect(Object.keys(values)).toEqual(['frechet', 'kid', 'precision', 'recall']);
    }
  },
  300_000,
);
