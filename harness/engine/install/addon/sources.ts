/**
 * @file Lists and fingerprints the sources of the addon.
 *
 * They are the npm binding's, the changes to them, this project's own C++, and the compiler options.
 */
import { filesBelow } from '../../../system/files/files.ts';
import { readInput } from '../../../system/files/input-file.ts';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fingerprint } from '../../../core/canonical-json.ts';
import { sha256 } from '../../../core/hash.ts';
import { bindingFiles } from './binding-patch.ts';

const require = createRequire(import.meta.url);

/** The npm package whose `binding/` is compiled. */
export const bindingPackage = dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));
export const nodeHeaders = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
export const nativeFolder = join(import.meta.dirname, '..', '..', 'native');

export const addonFile = 'tfjs_binding.node';
export const quietFile = 'quiet.node';

/** Products and sums are not contracted: the kernels have the same bits whatever instructions a processor has. */
export const compileFlags = [
  ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
  ...['-ffp-contract=off', '-Wno-psabi', '-pthread'],
] as const;
export const linkedLibraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;

/** sha256 of all of it: a changed line of C++ is another addon, built anew beside the old. */
export function addonFingerprint(linkedTo: unknown): string {
  const digests = Object.fromEntries(
    sourceFiles().map(([name, path]) => [name, sha256(readInput(path, 'a source of the addon'))]),
  );
  return fingerprint({ digests, compileFlags, linkedLibraries, linkedTo });
}

function sourceFiles(): [name: string, path: string][] {
  return [
    ...bindingFiles.map((name): [string, string] => [`binding/${name}`, join(bindingPackage, 'binding', name)]),
    ['binding-patch.ts', join(import.meta.dirname, 'binding-patch.ts')],
    ...filesBelow(nativeFolder).map((path): [string, string] => [`native/${relative(nativeFolder, path)}`, path]),
    ...filesBelow(nodeHeaders).map((path): [string, string] => [`node/${relative(nodeHeaders, path)}`, path]),
  ];
}
