/** @file Commands start from a bundle of their sources, which is never older than they are. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

let checkout: string;
const cache = () => join(checkout, 'node_modules', '.cache', 'consistency-harness');
const bundles = () => readdirSync(cache()).filter((name) => !name.endsWith('.json'));
const source = (path: string, text: string) => writeFileSync(join(checkout, path), text);
const run = (...args: string[]) =>
  execa(process.execPath, [join(checkout, 'harness/cli/start.mjs'), 'greet', ...args], { reject: false });

beforeEach(() => {
  checkout = realpathSync(mkdtempSync(join(tmpdir(), 'start-')));
  for (const folder of ['harness/cli', 'scripts', 'node_modules'])
    mkdirSync(join(checkout, folder), { recursive: true });
  copyFileSync(join(root, 'harness/cli/start.mjs'), join(checkout, 'harness/cli/start.mjs'));
  for (const name of ['esbuild', 'tsx', 'commander', 'zod', '@esbuild', 'get-tsconfig', '.package-lock.json']) {
    symlinkSync(join(root, 'node_modules', name), join(checkout, 'node_modules', name));
  }
  source('package.json', '{ "type": "module" }');
  source('harness/word.ts', "export const word: string = 'Hello';\n");
  source('harness/late.ts', "export const late: string = 'early';\n");
  source(
    'scripts/greet.ts',
    `import { word } from '../harness/word.ts';
console.log(word, process.argv.slice(2).join(' '), import.meta.dirname);
if (process.argv[2] === 'wait') {
  process.stdin.on('end', () => void import('../harness/late.ts').then(({ late }) => console.log(late))).resume();
}
if (process.argv[2] === 'fail') throw new Error('as asked');
`,
  );
});

afterEach(() => rmSync(checkout, { recursive: true }));

describe('a command', () => {
  it('runs with its arguments, and finds its neighbours where its source stands', async () => {
    const { stdout } = await run('a', 'b c');
    expect(stdout).toBe(`Hello a b c ${join(checkout, 'scripts')}`);
  });

  it('is bundled once', async () => {
    await run();
    const made = bundles();
    expect(made).toHaveLength(1);
    await run();
    expect(bundles()).toEqual(made);
  });

  it('is bundled again when a source changed, though neither size nor time of the file tell it', async () => {
    await run();
    const { atime, mtime } = statSync(join(checkout, 'harness/word.ts'));
    source('harness/word.ts', "export const word: string = 'Jello';\n");
    utimesSync(join(checkout, 'harness/word.ts'), atime, mtime);
    expect((await run()).stdout).toMatch(/^Jello/);
  });

  it('is bundled again when its record is damaged or its bundle is gone', async () => {
    await run();
    source('node_modules/.cache/consistency-harness/scripts-greet.ts.json', '{');
    expect((await run()).stdout).toMatch(/^Hello/);
    for (const name of bundles()) rmSync(join(cache(), name), { recursive: true });
    expect((await run()).stdout).toMatch(/^Hello/);
  });

  it('goes on with the version that it began with', async () => {
    const child = run('wait');
    child.stdout.once('data', () => {
      source('harness/late.ts', "export const late: string = 'later';\n");
      void run().then(() => child.stdin.end());
    });
    expect((await child).stdout).toMatch(/\nearly$/);
  });

  it('names its own source in a stack, and ends with its own exit code', async () => {
    const { exitCode, stderr } = await run('fail');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${join(checkout, 'scripts/greet.ts')}:6`);
  });

  it('runs from its sources where no bundle can be kept', async () => {
    source('node_modules/.cache', 'in the way');
    expect((await run('x')).stdout).toBe(`Hello x ${join(checkout, 'scripts')}`);
    expect(readFileSync(join(checkout, 'node_modules/.cache'), 'utf8')).toBe('in the way');
  });
});
