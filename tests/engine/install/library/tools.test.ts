/** @file Python and the C++ compiler: which are taken, and what is said where they are missing or will not do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../harness/core/clock.ts';
import { EngineError } from '../../../../harness/core/errors.ts';
import { findCompiler } from '../../../../harness/engine/install/addon/compiler.ts';
import type { InstallContext } from '../../../../harness/engine/install/context.ts';
import { findProgram } from '../../../../harness/system/process/program.ts';
import { findPython } from '../../../../harness/engine/install/library/python.ts';
import { programFolder } from '../programs.ts';

let folder: string;
let shown: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tools-'));
  shown = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const context = (environment: NodeJS.ProcessEnv): InstallContext => ({
  root: folder,
  output: { write: (text) => shown.push(text), isTerminal: false },
  clock: systemClock,
  environment: { ...environment, HOME: folder },
  signal: new AbortController().signal,
});
const refusal = async (work: Promise<unknown>): Promise<string> => {
  const thrown: unknown = await work.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(EngineError);
  return (thrown as EngineError).message;
};
const bin = (scripts: Readonly<Record<string, string>>, real: readonly string[] = []): string =>
  programFolder(join(folder, 'bin'), scripts, real);

describe('a program', () => {
  test('is found in the folders of PATH, in their order', () => {
    const first = programFolder(join(folder, 'a'), { tool: '' });
    const second = programFolder(join(folder, 'b'), { tool: '', other: '' });
    const environment = { PATH: `/nowhere:${first}:${second}` };
    expect(findProgram('tool', environment)).toBe(join(first, 'tool'));
    expect(findProgram('other', environment)).toBe(join(second, 'other'));
    expect(findProgram('none', environment)).toBeUndefined();
    expect(findProgram(join(second, 'tool'), { PATH: '' })).toBe(join(second, 'tool'));
  });
});

describe('Python', () => {
  const pip = (version: string) => `echo "pip ${version} from /somewhere (python 3.11)"`;

  test('is python3 where that has pip', async () => {
    expect(await findPython(context({ PATH: bin({ python3: pip('23.0.1'), python: pip('24.0') }) }))).toBe('python3');
  });

  test('is python where python3 has no pip', async () => {
    const scripts = { python3: 'echo "No module named pip" >&2; exit 1', python: pip('24.0') };
    expect(await findPython(context({ PATH: bin(scripts) }))).toBe('python');
  });

  test('is the one that PYTHON names', async () => {
    const PATH = bin({ python3: pip('23.0.1'), mine: pip('25.1') });
    expect(await findPython(context({ PATH, PYTHON: join(PATH, 'mine') }))).toBe(join(PATH, 'mine'));
  });

  test('that is missing', async () => {
    expect(await refusal(findPython(context({ PATH: bin({}) })))).toBe(
      'engine: got no python3 or python in PATH, expected Python 3 with pip, which fetches TensorFlow once. ' +
        'On Debian or Ubuntu: sudo apt-get install python3 python3-pip; or name another with PYTHON=/path/to/python3.',
    );
  });

  test('without pip', async () => {
    const PATH = bin({ python3: 'echo "/usr/bin/python3: No module named pip" >&2; exit 1' });
    expect(await refusal(findPython(context({ PATH })))).toBe(
      'python3: got Python without a pip that can be used (/usr/bin/python3: No module named pip), expected pip 21 or newer, which fetches TensorFlow once. ' +
        'On Debian or Ubuntu: sudo apt-get install python3 python3-pip; elsewhere: python3 -m ensurepip --upgrade; or name another with PYTHON=/path/to/python3.',
    );
  });

  test('with a pip that is too old', async () => {
    const message = await refusal(findPython(context({ PATH: bin({ python3: pip('18.1') }) })));
    expect(message).toMatch(/^python3: got Python without a pip that can be used \(pip 18\), expected pip 21 or newer/);
  });
});

describe('the compiler', () => {
  const system = process.env.PATH!;
  const broken = 'cat > /dev/null; echo "fatal error: string: No such file" >&2; exit 1';

  test('is the first of g++, c++ and clang++ that compiles C++17', async () => {
    const PATH = `${bin({ 'g++': broken, 'c++': 'case "$*" in *--version*) echo "my c++ 1.0";; *) cat > /dev/null;; esac' })}:${system}`;
    const compiler = await findCompiler(context({ PATH }));
    expect(compiler).toMatchObject({ command: ['c++'], name: 'my c++ 1.0' });
    expect(shown).toEqual(['engine: g++ does not compile C++17 (fatal error: string: No such file)\n']);
  });

  test('may be named with its options by CXX', async () => {
    const PATH = `${bin({ mine: 'case "$*" in *--version*) echo "mine 1.0";; "-O1 "*) cat > /dev/null;; *) exit 1;; esac' })}:${system}`;
    expect(await findCompiler(context({ PATH, CXX: 'mine -O1' }))).toMatchObject({ command: ['mine', '-O1'] });
  });

  test('that CXX names and that does not compile is not replaced by another', async () => {
    const PATH = `${bin({ mine: broken })}:${system}`;
    expect(await refusal(findCompiler(context({ PATH, CXX: 'mine' })))).toBe(
      'CXX: got "mine", expected a compiler of C++17 (g++ 8, clang++ 7 or newer). ' +
        'Install g++ (on Debian or Ubuntu: sudo apt-get install g++), or unset CXX to have zig fetched in its place.',
    );
  });

  test('that is missing, with no way to fetch one either', async () => {
    const PATH = bin({});
    expect(await refusal(findCompiler(context({ PATH })))).toBe(
      'engine: got no g++, c++ or clang++ that compiles C++17, and no zig in its place, expected a C++ compiler, which builds the addon once. ' +
        'Install g++ (on Debian or Ubuntu: sudo apt-get install g++) or name a compiler with CXX. ' +
        'Zig cannot be had because of engine: got no python3 or python in PATH, expected Python 3 with pip, which fetches TensorFlow once. ' +
        'On Debian or Ubuntu: sudo apt-get install python3 python3-pip; or name another with PYTHON=/path/to/python3.',
    );
    expect(shown).toEqual(['engine: no C++ compiler on this machine; fetching the one of zig\n']);
  });
});
