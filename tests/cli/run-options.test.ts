/** @file Options by which cells are run: values, defaults, and what is refused. */
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { requireNamedDevice, withRunOptions } from '../../harness/cli/run-options.ts';
import { executors } from '../../harness/run/executors/execute.ts';

const parsed = (...words: string[]) =>
  withRunOptions(new Command().exitOverride().configureOutput({ outputError: () => undefined }), executors)
    .parse(words, { from: 'user' })
    .opts();

describe('withRunOptions', () => {
  it('runs cells here, again three times, and ends one that is silent for an hour, if nothing else is said', () => {
    expect(parsed()).toEqual({ executor: 'local', retries: 3, wedgedAfter: 60 });
  });

  it('takes options of a cluster one by one', () => {
    expect(parsed('--executor', 'slurm', '--cluster', '--partition=gpu  --time=1:00', '--watch')).toMatchObject({
      ...{ executor: 'slurm', cluster: ['--partition=gpu', '--time=1:00'], watch: true },
    });
  });

  it.each([
    ['--cluster', 'gpu'],
    ['--cluster', ''],
    ['--retries', '-1'],
    ['--jobs', '0'],
    ['--executor', 'cloud'],
  ])('refuses %s %j', (...words) => {
    expect(() => parsed(...words)).toThrow(/argument .* is invalid/);
  });
});

describe('requireNamedDevice', () => {
  it('asks for the device of machines that cannot be looked at here', () => {
    requireNamedDevice('local', 'auto');
    requireNamedDevice('slurm', 'gpu');
    expect(() => requireNamedDevice('slurm', 'auto')).toThrow(
      '--device: got "auto", expected cpu or gpu with --executor slurm, since the cells run on other machines than this one. Add --device gpu, or --device cpu.',
    );
  });
});
