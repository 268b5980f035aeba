/**
 * @file Fetches pinned wheels with pip, one by one, verified by sha256.
 *
 * Each is kept as soon as it is complete, so that an interrupted download of a set resumes.
 */
import { exists, filesBelow, makeFolder, move, namesIn, remove, sizeOf } from '../../../system/files/files.ts';
import { join } from 'node:path';
import { writeFileAtomically } from '../../../system/files/atomic-file.ts';
import { sha256OfFile } from '../../../system/files/file-hash.ts';
import { Progress } from '../../../system/progress.ts';
import { formatBytes } from '../../../core/units.ts';
import type { InstallContext } from '../context.ts';
import { withNpmProxy } from '../../../system/download/proxy.ts';
import { runGuarded } from '../../../system/process/guarded-process.ts';
import { asPipError } from './pip-error.ts';
import { findPython } from './python.ts';
import type { Requirement, WheelSet } from './wheel-set.ts';

/** pip compares tags letter by letter, so every tag that a wheel of the sets carries is named. */
const platforms = ['2_27', '2_25', '2_17', '2014', '2_12', '2010'].map((tag) =>
  tag.includes('_') ? `manylinux_${tag}_x86_64` : `manylinux${tag}_x86_64`,
);

/** The wheels are those of one Python, whichever runs pip: only their libraries are used. */
const downloadOptions = [
  ...['--no-deps', '--only-binary=:all:', '--require-hashes', '--no-cache-dir', '--progress-bar', 'off'],
  ...['--implementation', 'cp', '--python-version', '3.12', '--abi', 'cp312'],
  ...platforms.flatMap((platform) => ['--platform', platform]),
];

/**
 * Brings every wheel of the set into `folder` and returns their paths in the order of the requirements. Those that lie there, of an earlier
 * attempt or put there by hand, are verified and used.
 * @param staging an empty folder for unfinished files
 * @throws EngineError when there is no Python or pip, pip cannot fetch one (exit code 75 where the network is at fault), or one has another sha256; DataError on a
 *   full disk
 */
export async function fetchWheels(
  set: WheelSet,
  folder: string,
  staging: string,
  context: InstallContext,
): Promise<string[]> {
  makeFolder(folder);
  const kept = new Map<Requirement, string>();
  for (const one of set.requirements) {
    const path = await keptWheel(one, folder, context.signal);
    if (path !== undefined) kept.set(one, path);
  }
  const missing = set.requirements.filter((one) => !kept.has(one));
  if (missing.length === 0) return set.requirements.map((one) => kept.get(one)!);
  const python = await findPython(context);
  let done = [...kept.values()].reduce((sum, path) => sum + sizeOf(path), 0);
  if (kept.size > 0) context.output.write(`${set.title}: ${formatBytes(done)} are there already\n`);
  const progress = new Progress(context.output, context.clock, {
    label: `downloading ${set.title}`,
    total: set.downloadBytes,
    done,
    unit: '',
    format: formatBytes,
  });
  for (const one of missing) {
    const note = set.requirements.length > 1 ? one.name : undefined;
    const path = await fetchWheel(one, python, folder, staging, context, (bytes) =>
      progress.update(done + bytes, note),
    );
    done += sizeOf(path);
    kept.set(one, path);
  }
  progress.update(done);
  progress.finish();
  return set.requirements.map((one) => kept.get(one)!);
}

/** Where finished downloads lie. @param root `<cache>/engine` */
export function wheelFolder(root: string): string {
  return join(root, 'wheels');
}

/** How much of the set lies in `folder`, judged by names. */
export function keptBytes(set: WheelSet, folder: string): number {
  if (!exists(folder)) return 0;
  const names = namesIn(folder).filter((file) => set.requirements.some((one) => isWheelOf(one, file)));
  return names.reduce((sum, name) => sum + sizeOf(join(folder, name)), 0);
}

/** A wheel of an earlier attempt, if it is whole; another file of that name is removed. */
async function keptWheel(one: Requirement, folder: string, signal: AbortSignal): Promise<string | undefined> {
  const name = namesIn(folder).find((file) => isWheelOf(one, file));
  if (name === undefined) return undefined;
  const path = join(folder, name);
  const sha256 = await sha256OfFile(path, () => signal.throwIfAborted());
  if (sha256 === one.sha256) return path;
  remove(path);
  return undefined;
}

async function fetchWheel(
  one: Requirement,
  python: string,
  folder: string,
  staging: string,
  context: InstallContext,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const [arrived, unfinished] = [join(staging, 'arrived'), join(staging, 'unfinished')];
  for (const place of [arrived, unfinished]) makeFolder(place);
  const list = join(staging, 'requirements.txt');
  writeFileAtomically(list, `${one.name}==${one.version} --hash=sha256:${one.sha256}\n`);
  let wheelBytes = Infinity;
  // pip has no progress that all its versions write to a pipe; the file it is writing tells as much.
  const watch = setInterval(() => onBytes(Math.min(wheelBytes, bytesBelow(unfinished))), 250);
  try {
    const ended = await runGuarded(
      [python, '-m', 'pip', 'download', ...downloadOptions, '--dest', arrived, '--requirement', list],
      {
        environment: pipEnvironment(context.environment, unfinished),
        signal: context.signal,
        onOutput: (text) => (wheelBytes = sizeSaid(text) ?? wheelBytes),
      },
    );
    const name = namesIn(arrived).find((file) => isWheelOf(one, file));
    if (ended.code !== 0 || name === undefined) throw asPipError(one, ended, folder);
    move(join(arrived, name), join(folder, name));
    return join(folder, name);
  } finally {
    clearInterval(watch);
    for (const place of [arrived, unfinished]) remove(place);
  }
}

/** Whether a file has the name of the wheel. */
export function isWheelOf({ name, version }: Requirement, file: string): boolean {
  return file.startsWith(`${name.replaceAll('-', '_')}-${version}-`) && file.endsWith('.whl');
}

/** Settings of a person's own pip that would refuse or change this download are set back. */
function pipEnvironment(environment: NodeJS.ProcessEnv, temporary: string): NodeJS.ProcessEnv {
  return {
    ...withNpmProxy(environment),
    TMPDIR: temporary,
    PIP_REQUIRE_VIRTUALENV: '0',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_QUIET: '0',
    PIP_NO_COLOR: '1',
    PYTHONIOENCODING: 'utf-8',
  };
}

/** `Downloading x.whl (274.0 MB)` -> bytes, rounded up to pip's last digit. */
function sizeSaid(text: string): number | undefined {
  const parts = /Downloading \S+\.whl \(([\d.]+) (bytes|kB|MB|GB)\)/.exec(text);
  if (!parts) return undefined;
  const factor = { bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9 }[parts[2] as 'bytes' | 'kB' | 'MB' | 'GB'];
  return Number(parts[1]) * factor;
}

function bytesBelow(folder: string): number {
  let sum = 0;
  try {
    for (const path of filesBelow(folder)) sum += sizeOf(path);
  } catch {
    // pip removes its folders while they are being looked at.
  }
  return sum;
}
