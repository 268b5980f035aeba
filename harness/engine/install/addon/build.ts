/** @file Compiles the addon, the patched npm binding plus this project's C++, against one TensorFlow. */
import { filesBelow, makeFolder, namesIn } from '../../../system/files/files.ts';
import { join } from 'node:path';
import { asWriteError } from '../../../system/files/system-error.ts';
import { EngineError, described } from '../../../core/errors.ts';
import {
  addonFile,
  bindingPackage,
  compileFlags,
  linkedLibraries,
  nativeFolder,
  nodeHeaders,
  quietFile,
} from './sources.ts';
import { bindingFiles, copyPatchedBinding } from './binding-patch.ts';
import type { Compiler } from './compiler.ts';
import type { InstallContext } from '../context.ts';
import { runGuarded } from '../../../system/process/guarded-process.ts';

/** The TensorFlow that is compiled against and loaded. */
export interface TensorflowFolder {
  /** Holds the two libraries. */
  readonly libraries: string;
  readonly include: string;
  /** Where the loader looks for the libraries; may begin with `$ORIGIN`, the folder of the addon. */
  readonly runPath: string;
}

/**
 * Compiles both addons into `target`.
 * @param work an empty folder for sources and what the compiler writes meanwhile
 * @returns the command lines with placeholders for this machine's folders
 * @throws EngineError with the compiler's first error, DataError on a full disk
 */
export async function buildAddon(
  target: string,
  work: string,
  tensorflow: TensorflowFolder,
  compiler: Compiler,
  context: InstallContext,
): Promise<string[]> {
  copyPatchedBinding(bindingPackage, work);
  const temporary = join(work, 'temporary');
  makeFolder(temporary);
  const environment = { ...compiler.environment, TMPDIR: temporary };
  const commands = [
    [
      ...compiler.command,
      ...compileFlags,
      ...[nodeHeaders, tensorflow.include, work, nativeFolder].map((folder) => `-I${folder}`),
      ...bindingFiles.filter(isSource).map((name) => join(work, name)),
      ...sourcesIn(nativeFolder),
      ...filesBelow(join(nativeFolder, 'kernels')).filter(isSource),
      ...['-o', join(target, addonFile), `-L${tensorflow.libraries}`],
      ...linkedLibraries.map((name) => `-l:${name}`),
      ...['-ldl', `-Wl,-rpath,${tensorflow.runPath}`],
    ],
    [
      ...[...compiler.command, ...compileFlags, `-I${nodeHeaders}`],
      ...sourcesIn(join(nativeFolder, 'quiet')),
      ...['-o', join(target, quietFile)],
    ],
  ];
  for (const command of commands) {
    const ended = await runGuarded(command, { environment, signal: context.signal });
    if (ended.code !== 0) {
      context.output.write(`\n${ended.errors.trimEnd()}\n`);
      throw compileError(ended.errors, compiler, target);
    }
  }
  const placeholders: [string, string][] = [
    [target, '<addon>'],
    [work, '<binding>'],
    [nativeFolder, '<native>'],
    [nodeHeaders, '<node-api-headers>'],
    [tensorflow.include, '<include>'],
    [tensorflow.libraries, '<tensorflow>'],
    [context.root, '<engine>'],
  ];
  return commands.map((command) =>
    placeholders.reduce((line, [folder, name]) => line.replaceAll(folder, name), command.join(' ')),
  );
}

function sourcesIn(folder: string): string[] {
  return namesIn(folder)
    .filter(isSource)
    .map((name) => join(folder, name));
}

function isSource(name: string): boolean {
  return name.endsWith('.cc');
}

function compileError(said: string, compiler: Compiler, target: string): unknown {
  if (/No space left on device|Disk quota exceeded/.test(said)) {
    return asWriteError(target, Object.assign(new Error(said), { code: 'ENOSPC' }));
  }
  const line = said.split('\n').find((one) => /error|undefined/.test(one)) ?? said.trim().split('\n').at(-1) ?? '';
  return new EngineError(
    {
      where: compiler.command.join(' '),
      got: described(`an error while compiling the addon: ${line.slice(0, 150)}`),
      expected: 'to compile it with a compiler of C++17 (g++ 8, clang++ 7 or newer)',
      remedy: 'Name another compiler with CXX=<path>, or install g++ (on Debian or Ubuntu: sudo apt-get install g++)',
    },
    { cause: new Error(said) },
  );
}
