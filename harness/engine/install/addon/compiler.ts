/** @file The C++ compiler: the system's, or the one of the pinned zig wheel where there is none. */
import { makeFolder } from '../../../system/files/files.ts';
import { join } from 'node:path';
import { EngineError, described } from '../../../core/errors.ts';
import type { InstallContext } from '../context.ts';
import { runGuarded } from '../../../system/process/guarded-process.ts';
import { installLibrary } from '../library/library.ts';
import { findProgram } from '../../../system/process/program.ts';
import { wheelSet } from '../library/wheel-set.ts';

export interface Compiler {
  readonly command: readonly string[];
  /** For the manifest and the person: `g++ (Debian 12.2.0-14) 12.2.0`. */
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
  /** How long a first compilation takes, for the person. */
  readonly takes: string;
}

/** A compiler without its standard library, or one older than C++17, is found out here and not in the middle of the build. */
const trial = '#include <string>\nstatic_assert(__cplusplus >= 201703L);\nstd::string s;\n';

/**
 * `CXX`, g++, c++ or clang++, whichever first compiles C++17; else zig's, which is fetched and kept for later changes of the sources.
 * @throws EngineError when CXX is set and does not compile, or zig cannot be fetched
 */
export async function findCompiler(context: InstallContext): Promise<Compiler> {
  const { environment, output } = context;
  const named = environment.CXX?.trim();
  const candidates = named ? [named.split(/\s+/)] : [['g++'], ['c++'], ['clang++']];
  for (const command of candidates) {
    if (findProgram(command[0]!, environment) === undefined) continue;
    const fault = await tryCompiler(command, context);
    if (fault === undefined) {
      return { command, name: await versionOf(command, context), environment, takes: 'about 15 s' };
    }
    output.write(`engine: ${command.join(' ')} does not compile C++17 (${fault})\n`);
  }
  if (named) {
    throw new EngineError({
      where: 'CXX',
      got: named,
      expected: 'a compiler of C++17 (g++ 8, clang++ 7 or newer)',
      remedy:
        'Install g++ (on Debian or Ubuntu: sudo apt-get install g++), or unset CXX to have zig fetched in its place',
    });
  }
  output.write('engine: no C++ compiler on this machine; fetching the one of zig\n');
  return zig(context);
}

async function zig(context: InstallContext): Promise<Compiler> {
  const set = wheelSet('compiler');
  const { folder } = await installLibrary(set, context).catch((thrown: unknown) => {
    throw thrown instanceof EngineError ? withoutCompiler(thrown) : thrown;
  });
  const cache = join(context.root, 'zig-cache');
  makeFolder(cache);
  return {
    command: [join(folder, 'ziglang', 'zig'), 'c++', '-target', 'x86_64-linux-gnu.2.27', '-s'],
    name: `zig ${set.requirements[0]!.version}`,
    environment: { ...context.environment, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache },
    takes: 'one to four minutes the first time',
  };
}

function withoutCompiler(cause: EngineError): EngineError {
  return new EngineError(
    {
      where: 'engine',
      got: described('no g++, c++ or clang++ that compiles C++17, and no zig in its place'),
      expected: 'a C++ compiler, which builds the addon once',
      remedy: `Install g++ (on Debian or Ubuntu: sudo apt-get install g++) or name a compiler with CXX. Zig cannot be had because of ${cause.message.replace(/\.$/, '')}`,
    },
    { cause, exitCode: cause.exitCode },
  );
}

async function tryCompiler(command: readonly string[], context: InstallContext): Promise<string | undefined> {
  // The guard gives no standard input, so the text travels as an argument of the shell.
  const script = 'printf "%s" "$0" | "$@" -std=c++17 -fsyntax-only -x c++ -';
  const ended = await runGuarded(['/bin/sh', '-c', script, trial, ...command], context);
  if (ended.code === 0) return undefined;
  return (ended.errors.split('\n').find((line) => line.includes('error')) ?? `exit code ${ended.code}`).slice(0, 160);
}

async function versionOf(command: readonly string[], context: InstallContext): Promise<string> {
  const { output } = await runGuarded([...command, '--version'], context);
  return output.split('\n')[0] ?? command.join(' ');
}
