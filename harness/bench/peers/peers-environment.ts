/**
 * @file Installs the private Python environment of the peer frameworks into the cache folder.
 *
 * Packages are pinned by version and hash; only `npm run bench` needs them.
 */
import { exists } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';
import { join } from 'node:path';
import { writeJsonAtomically } from '../../system/files/atomic-file.ts';
import { withNpmProxy } from '../../system/download/proxy.ts';
import { asWriteError } from '../../system/files/system-error.ts';
import { cacheFolder, writableCacheFolder } from '../../system/cache-folder.ts';
import type { Clock } from '../../core/clock.ts';
import { CheckpointedExit, EngineError, described, exitCodes } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import { Progress, type Output } from '../../system/progress.ts';
import { runGuarded, type Ended } from '../../system/process/guarded-process.ts';
import { acquireLock } from '../../system/lock.ts';
import { findProgram } from '../../system/process/program.ts';
import { publishFolder, removeUnfinished } from '../../system/files/staging.ts';

export interface PeersEnvironment {
  /** Of one set of requirements: another set is another folder. */
  readonly folder: string;
  readonly python: string;
}

export interface InstallOptions {
  readonly output: Output;
  readonly clock: Clock;
  readonly environment?: NodeJS.ProcessEnv;
}

/** Pythons for which every pinned package has a wheel. */
const pythons = { oldest: 11, newest: 14 } as const;

const install = 'npm run bench -- peers install';
const network = /NewConnectionError|ConnectTimeout|ReadTimeout|name resolution|Max retries|Network is unreachable/i;

/**
 * The environment that is there.
 * @param requirements the pinned list
 * @throws EngineError with the command that makes it, where there is none
 */
export function peersEnvironment(requirements: string, environment: NodeJS.ProcessEnv = process.env): PeersEnvironment {
  const place = placeOf(requirements, environment);
  if (exists(markerOf(place))) return place;
  throw new EngineError({
    where: '--peers',
    got: described(`no Python environment in ${place.folder}`),
    expected: 'the pinned PyTorch and JAX, in an environment of their own',
    remedy: `Make it with \`${install}\` (about 6 GB), or leave out --peers`,
  });
}

/**
 * Makes the environment where it is not there: it appears whole or not at all.
 * @throws EngineError where there is no fitting Python or pip does not succeed (exit code 75 where the network is at fault), DataError on a
 *   full disk, CheckpointedExit on Ctrl-C
 */
export async function installPeers(requirements: string, options: InstallOptions): Promise<PeersEnvironment> {
  const { output, clock, environment = process.env } = options;
  const place = placeOf(requirements, environment);
  if (exists(markerOf(place))) return place;
  const root = writableCacheFolder('peers', environment);
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals) =>
    stop.abort(new CheckpointedExit(`peers: the installation was stopped (${name}). Go on with \`${install}\`.`));
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal);
  try {
    const { signal } = stop;
    const lock = await acquireLock(join(root, 'install.lock'), { clock, signal });
    try {
      removeUnfinished(root);
      if (exists(markerOf(place))) return place;
      const base = await findPython(environment, signal);
      await publishFolder(place.folder, async (staging) => {
        const run = { environment: privateEnvironment(withNpmProxy(environment)), signal };
        refuse(await runGuarded([base, '-m', 'venv', staging], run), staging, 'python -m venv');
        const progress = packageProgress(requirements, output, clock);
        const ended = await runGuarded(pipCommand(pythonIn(staging), requirements), {
          ...run,
          onOutput: progress.said,
        });
        refuse(ended, staging, 'pip install');
        progress.finish();
        writeJsonAtomically(join(staging, marker), { requirements: sha256(readText(requirements)) });
      });
      return place;
    } finally {
      lock.release();
    }
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
  }
}

/** What a process of the environment is given: its own packages and nothing of the person's. */
export function privateEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...environment,
    PYTHONPATH: '',
    PYTHONNOUSERSITE: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUNBUFFERED: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_NO_COLOR: '1',
  };
}

const marker = 'complete.json';

function placeOf(requirements: string, environment: NodeJS.ProcessEnv): PeersEnvironment {
  const folder = join(cacheFolder(environment), 'peers', sha256(readText(requirements)).slice(0, 12));
  return { folder, python: pythonIn(folder) };
}

function pythonIn(folder: string): string {
  return join(folder, 'bin', 'python');
}

function markerOf({ folder }: PeersEnvironment): string {
  return join(folder, marker);
}

function pipCommand(python: string, requirements: string): string[] {
  const options = ['--no-deps', '--require-hashes', '--only-binary=:all:', '--no-cache-dir', '--progress-bar', 'off'];
  return [python, '-m', 'pip', 'install', ...options, '--requirement', requirements];
}

async function findPython(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  const candidates = environment.PYTHON ? [environment.PYTHON] : ['python3', 'python'];
  let said = `no ${candidates.join(' or ')} in PATH`;
  for (const name of candidates.filter((one) => findProgram(one, environment) !== undefined)) {
    const question = 'import sys, venv, ensurepip; print(*sys.version_info[:2])';
    const { code, output } = await runGuarded([name, '-c', question], { environment, signal });
    const [major, minor] = output.trim().split(' ').map(Number);
    if (code === 0 && major === 3 && minor! >= pythons.oldest && minor! <= pythons.newest) return name;
    said = code === 0 ? `Python ${major}.${minor}` : `${name} without venv and ensurepip`;
  }
  throw new EngineError({
    where: 'peers',
    got: described(said),
    expected: `Python 3.${pythons.oldest} to 3.${pythons.newest} with venv`,
    remedy:
      'Install one (on Debian or Ubuntu: sudo apt-get install python3-venv), or name one with PYTHON=/path/to/python3',
  });
}

/** pip names each package that it begins to fetch. */
function packageProgress(requirements: string, output: Output, clock: Clock) {
  const total = readText(requirements)
    .split('\n')
    .filter((line) => line.includes('==')).length;
  const progress = new Progress(output, clock, { label: 'installing the peers', total, unit: 'packages' });
  let begun = 0;
  const said = (text: string): void => {
    for (const [, name] of text.matchAll(/^Collecting ([\w.-]+)/gm)) progress.update(begun++, name);
  };
  const finish = (): void => {
    progress.update(total, '');
    progress.finish();
  };
  return { said, finish };
}

function refuse({ code, output, errors }: Ended, folder: string, command: string): void {
  if (code === 0) return;
  const said = `${output}\n${errors}`;
  if (/No space left on device|Disk quota exceeded/i.test(said)) {
    throw asWriteError(folder, Object.assign(new Error(said), { code: 'ENOSPC' }));
  }
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const reason = (lines.findLast((line) => line.startsWith('ERROR')) ?? lines.at(-1) ?? 'it said nothing').slice(
    0,
    160,
  );
  throw new EngineError(
    {
      where: command,
      got: described(`exit code ${code} (${reason})`),
      expected: 'to install the pinned packages',
      remedy: `Mend what it names, then run \`${install}\` again`,
    },
    { exitCode: network.test(said) ? exitCodes.transient : exitCodes.badInput },
  );
}
