/** @file How commands end: what is said, where, and with which exit code, in real processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function run(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'tests/cli/processes/command.ts', ...args]);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}

const usage = 'npm run kitchen -- cook [options] <dish>';
const readHelp = 'Add --help to read about each argument and option';

describe('a command line that cannot be understood is one line on standard error and exit code 65', () => {
  test.each<[string, string[], string]>([
    [
      'an unknown option suggests the nearest',
      ['cook', 'soup', '--minuts', '3'],
      'npm run kitchen -- cook: got "--minuts", expected a known option. Did you mean "--minutes".',
    ],
    [
      'an unknown command suggests the nearest',
      ['cok'],
      'npm run kitchen: got "cok", expected a known command. Did you mean "cook".',
    ],
    [
      'a missing argument',
      ['cook'],
      `npm run kitchen -- cook: got missing required argument 'dish', expected ${usage}. ${readHelp}.`,
    ],
    [
      'an argument too many',
      ['cook', 'soup', 'salad'],
      `npm run kitchen -- cook: got too many arguments for 'cook', expected 1 argument but got 2, expected ${usage}. ${readHelp}.`,
    ],
    [
      'an option without its value',
      ['cook', 'soup', '--minutes'],
      `npm run kitchen -- cook: got option '--minutes <n>' argument missing, expected ${usage}. ${readHelp}.`,
    ],
    [
      'options that exclude each other',
      ['cook', 'soup', '--gas', '--induction'],
      `npm run kitchen -- cook: got option '--gas' cannot be used with option '--induction', expected ${usage}. ${readHelp}.`,
    ],
  ])('%s', async (_, args, line) => {
    expect(await run(...args)).toEqual({ code: 65, out: '', err: `${line}\n` });
  });

  test('no command at all shows the help first', async () => {
    const { code, err } = await run();
    expect(code).toBe(65);
    expect(err).toMatch(/^Usage: npm run kitchen -- /);
    expect(err).toMatch(/\nnpm run kitchen: got no known command, expected a command. Name one of cook, clean.\n$/);
  });
});

describe('an action that ends', () => {
  test('with a refusal: its line, no stack, its exit code', async () => {
    const err = 'kitchen: got "nothing", expected a dish. Name one.\n';
    expect(await run('cook', 'nothing')).toEqual({ code: 75, out: '', err });
  });

  test('half-way on request: how to go on, exit code 85', async () => {
    const err = 'kitchen: stopped half-way, start again to go on\n';
    expect(await run('cook', 'half')).toEqual({ code: 85, out: '', err });
  });

  test('by a mistake of the harness: its stack, exit code 1', async () => {
    const { code, err } = await run('cook', 'bug');
    expect(code).toBe(1);
    expect(err).toMatch(/^TypeError: no such pan\n {4}at .*command\.ts:\d+/);
    expect(err).toMatch(/\nThis is a mistake in the harness: please report the lines above\.\n$/);
  });

  test('well: its output and nothing else', async () => {
    expect(await run('clean')).toEqual({ code: 0, out: 'clean\n', err: '' });
  });
});

test('help that is asked for is a result: standard output, exit code 0', async () => {
  const { code, out, err } = await run('cook', '--help');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(`Usage: ${usage}`);
});

test('a full disk behind the redirection is said, and the exit code is not that of success', async () => {
  for (const args of [['cook', 'soup'], ['cook', '--help'], ['clean']]) {
    const script = 'exec "$0" "$@" > /dev/full';
    const command = [process.execPath, '--import', 'tsx', 'tests/cli/processes/command.ts', ...args];
    const child = spawn('/bin/sh', ['-c', script, ...command]);
    const [err] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect({ code: child.exitCode, err }).toEqual({
      code: 65,
      err: 'standard output: got a full disk, expected room for what is printed. Free some space, or send the output to another place.\n',
    });
  }
});

test('too little memory is one line with what needs less', async () => {
  const err =
    'memory: got too little memory for one pass, expected room for all of its images at once. Take fewer images per pass (--batch of metrics, --micro-batch of a run), or end other programs.\n';
  expect(await run('cook', 'oxen')).toEqual({ code: 65, out: '', err });
});

test('a reader that has seen enough ends the command quietly', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'tests/cli/processes/command.ts', 'cook', 'soup']);
  child.stdout.once('data', () => child.stdout.destroy());
  const [err] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect({ code: child.exitCode, err }).toEqual({ code: 0, err: '' });
});
