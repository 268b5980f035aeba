/**
 * @file The addon on the real library: compiled once by many processes, anew where a source or the TensorFlow is another, never believed
 * unproven. The library is that of the cache, linked into caches of the test's own.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProgram } from '../../../harness/system/process/program.ts';
import { installedEngine, type InstalledEngine } from '../../../harness/engine/install/install.ts';

/** A compilation takes some 15 s of an idle core. */
const compilations = 600_000;

const project = resolve(import.meta.dirname, '..', '..', '..');
let installed: InstalledEngine;
let lab: string;
let tools: string;

beforeAll(async () => {
  installed = (await installedEngine({ device: 'cpu' }))!;
  lab = mkdtempSync(join(tmpdir(), 'engine-'));
  tools = join(lab, 'tools');
  mkdirSync(tools);
  // Neither Python nor pip: whatever is fetched would fail.
  for (const name of ['g++', 'as', 'ld', 'sh']) symlinkSync(findProgram(name, process.env)!, join(tools, name));
});
afterAll(() => rmSync(lab, { recursive: true }));

/** A cache with the installed library and no addon. */
function cacheWithLibrary(name: string): string {
  const cache = join(lab, name);
  const folder = join(cache, 'engine', basename(installed.folder));
  mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(installed.folder)) {
    if (entry !== 'addons') symlinkSync(join(installed.folder, entry), join(folder, entry));
  }
  return cache;
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(cache: string, environment: NodeJS.ProcessEnv = {}, root = project): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', 'tests/engine/install/processes/ensure.ts'], {
    cwd: root,
    env: { PATH: tools, HOME: cache, CONSISTENCY_CACHE: cache, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function ended(child: ChildProcess): Promise<Ended> {
  const [out, err] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  while (child.exitCode === null && child.signalCode === null) await pause(5);
  return { code: child.exitCode, out, err };
}

const engineIn = ({ code, out, err }: Ended): Pick<InstalledEngine, 'folder' | 'addon' | 'manifest'> => {
  expect(code, err).toBe(0);
  return JSON.parse(out) as InstalledEngine;
};

/** This project with one more line of C++. */
function changedProject(): string {
  const root = join(lab, 'changed');
  mkdirSync(root);
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'));
  for (const name of ['package.json', 'tsconfig.json']) cpSync(join(project, name), join(root, name));
  for (const name of [
    'harness/core',
    'harness/formats',
    'harness/engine',
    'harness/system',
    'tests/engine/install/processes',
  ]) {
    cpSync(join(project, name), join(root, name), { recursive: true });
  }
  const source = join(root, 'harness/engine/native/addon.cc');
  writeFileSync(source, `${readFileSync(source, 'utf8')}// one more line\n`);
  return root;
}

function compilersAtWork(cache: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(cache) ? [line] : [];
      } catch {
        return [];
      }
    });
}

describe('the installed engine', () => {
  test('was proven by training a convolution, op by op and traced, to 1, 1/4 and 1/16', () => {
    const { proof } = installed.manifest.addon;
    expect(proof.tensorflowVersion).toBe('2.21.0');
    for (const losses of [proof.eagerLosses, proof.tracedLosses]) {
      [1, 1 / 4, 1 / 16].forEach((loss, i) => expect(losses[i]).toBeCloseTo(loss, 5));
    }
  });

  test('records its command lines without the folders of this machine', () => {
    const { commands } = installed.manifest.addon;
    expect(commands).toHaveLength(2);
    expect(commands.join('\n')).not.toMatch(/\/(home|root|tmp|work|usr)\//);
    expect(commands[0]).toContain('-Wl,-rpath,$ORIGIN/../../tensorflow');
  });

  test('is found without writing, Python or compiler', async () => {
    const cache = cacheWithLibrary('found');
    symlinkSync(join(installed.folder, 'addons'), join(cache, 'engine', basename(installed.folder), 'addons'));
    const got = await ended(start(cache, { PATH: '/nowhere' }));
    expect(engineIn(got).manifest).toEqual(installed.manifest);
    expect(got.err).toBe('');
    expect(readdirSync(join(cache, 'engine'))).toEqual([basename(installed.folder)]);
  });
});

describe('a changed C++ source', () => {
  test(
    'is compiled once by three processes at once, beside the old addon, with nothing fetched; kill -9 leaves no compiler',
    async () => {
      const cache = cacheWithLibrary('rebuilt');
      const addons = join(cache, 'engine', basename(installed.folder), 'addons');
      mkdirSync(addons);
      symlinkSync(join(installed.addon, '..'), join(addons, basename(join(installed.addon, '..'))));
      const root = changedProject();

      const killed = start(cache, {}, root);
      await new Promise<void>((begun) =>
        killed.stderr!.on('data', (line: Buffer) => line.toString().includes('compiling') && begun()),
      );
      while (compilersAtWork(cache).length === 0) await pause(20);
      killed.kill('SIGKILL');
      for (let tries = 0; compilersAtWork(cache).length > 0 && tries < 100; tries++) await pause(20);
      expect(compilersAtWork(cache)).toEqual([]);

      const all = await Promise.all([1, 2, 3].map(() => ended(start(cache, {}, root))));
      const engines = all.map(engineIn);
      expect(new Set(engines.map(({ addon }) => addon)).size).toBe(1);
      expect(engines[0]!.manifest.addon.sources).not.toBe(installed.manifest.addon.sources);
      expect(engines[0]!.manifest.library).toEqual(installed.manifest.library);
      expect(all.filter(({ err }) => /compiling the addon with .+: done in/.test(err))).toHaveLength(1);
      expect(readdirSync(addons).filter((name) => name.startsWith('.'))).toEqual([]);
      expect(readdirSync(addons)).toHaveLength(2);

      writeFileSync(engines[0]!.addon, 'damaged');
      const got = await ended(start(cache, {}, root));
      expect(got.err).toMatch(
        /tfjs_binding\.node: got a file of 7 bytes, expected \d+ bytes, as it was installed\. Run `npm run engine -- remove`, then start again: the engine is fetched anew\.\n$/,
      );
      expect(got.code).toBe(65);
    },
    compilations,
  );
});

describe("a TensorFlow of one's own", () => {
  test(
    'is compiled against where it lies and used',
    async () => {
      const cache = join(lab, 'own');
      const own = join(installed.folder, 'tensorflow');
      const engine = engineIn(await ended(start(cache, { CONSISTENCY_TENSORFLOW: own })));
      expect(engine.manifest.library).toBeUndefined();
      expect(engine.manifest.addon.proof.tensorflowVersion).toBe('2.21.0');
      expect(engine.manifest.addon.commands[0]).toContain('-Wl,-rpath,<tensorflow>');
      expect(engine.folder).toMatch(/engine\/own-[0-9a-f]{8}$/);
    },
    compilations,
  );

  test(
    'that lacks a function is refused by the name of the function, and nothing is kept',
    async () => {
      const cache = join(lab, 'lacking');
      const own = join(lab, 'lacking-tensorflow');
      mkdirSync(own);
      symlinkSync(join(installed.folder, 'tensorflow', 'include'), join(own, 'include'));
      for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) {
        const args = ['-shared', '-x', 'c++', '/dev/null', `-Wl,-soname,${name}`, '-o', join(own, name)];
        expect(spawnSync('g++', args).status).toBe(0);
      }
      const got = await ended(start(cache, { CONSISTENCY_TENSORFLOW: own }));
      expect(got.err).toMatch(
        /tfjs_binding\.node: got a TensorFlow without the function TFE?_\w+, expected one of version 2\.21, whose C interface the addon calls\. Name another TensorFlow with CONSISTENCY_TENSORFLOW, or unset it to have the pinned one fetched\.\n$/,
      );
      expect(got.code).toBe(65);
      const [folder] = readdirSync(join(cache, 'engine'));
      expect(existsSync(join(cache, 'engine', folder!, 'addons'))).toBe(true);
      expect(readdirSync(join(cache, 'engine', folder!, 'addons'))).toEqual([]);
    },
    compilations,
  );
});
