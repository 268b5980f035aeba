/** @file Processes of a build that answer, fail, are killed or do not end: each is an answer, or why there is none. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerLine } from '../../../harness/nightly/measure/protocol.ts';
import { askingProcesses, type Side } from '../../../harness/nightly/measure/side.ts';
import { night } from '../nights.ts';

const answer = { protocol: 1, machine: night({}).machine, rows: {} } as const;
const never = new AbortController().signal;

/** A build whose launcher is this program. */
function buildOf(program: string): Side {
  const root = mkdtempSync(join(tmpdir(), 'nightly-side-'));
  for (const folder of ['scripts/bench', 'harness/cli']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'scripts/bench/nightly-probe.ts'), '');
  writeFileSync(join(root, 'harness/cli/start.mjs'), program);
  return { root, commit: 'a'.repeat(40) };
}

describe('asking a process of a build', () => {
  it('gives its answer', async () => {
    const build = buildOf(`console.log(${JSON.stringify(answerLine(answer))})`);
    expect(await askingProcesses('cpu', never)(build, 'machine')).toEqual(answer);
  });

  it.each<[string, string, string]>([
    [
      'fails',
      "console.error('Error: no engine'); process.exit(3)",
      'its process ended with exit code 3: Error: no engine',
    ],
    ['is killed', "process.kill(process.pid, 'SIGKILL')", 'its process was killed by signal 9'],
  ])('says why there is no answer when it %s', async (_, program, why) => {
    expect(await askingProcesses('cpu', never)(buildOf(program), 'twin')).toEqual({
      why: expect.stringMatching(`^${why}`) as string,
    });
  });

  it('ends one that does not end, two minutes after the budget is gone', async () => {
    const budget = { left: () => -119_500 };
    const wedged = buildOf('setInterval(() => undefined, 1000)');
    expect(await askingProcesses('cpu', never, budget)(wedged, 'twin')).toEqual({
      why: 'its process had not ended two minutes after the budget of the night was gone',
    });
  });

  it('passes on that the night was stopped', async () => {
    const stop = new AbortController();
    const asked = askingProcesses('cpu', stop.signal)(buildOf('setInterval(() => undefined, 1000)'), 'twin');
    stop.abort(new Error('stopped by SIGTERM'));
    await expect(asked).rejects.toThrow('stopped by SIGTERM');
  });

  it('knows a build that is older than the command', async () => {
    const root = mkdtempSync(join(tmpdir(), 'nightly-side-'));
    expect(await askingProcesses('cpu', never)({ root, commit: '' }, 'twin')).toEqual({
      why: 'it is older than the nightly command',
    });
  });
});
