/** @file Detects an NVIDIA GPU and missing parts of its driver, without TensorFlow. */
import { spawnSync } from 'node:child_process';
import { canSee, namesIn } from '../../../system/files/files.ts';
import { constants } from 'node:os';
import { join } from 'node:path';
import { EngineError, described, exitCodes } from '../../../core/errors.ts';
import { askNvidiaSmiOnce, firstGpu } from './nvidia-smi.ts';

export type GpuSearch =
  | { readonly found: true; /** What shows it. */ readonly sign: string }
  | { readonly found: false; readonly why: string };

/** The driver's libraries that TensorFlow opens; without the second one it stays on the CPU and says nothing. */
export const driverLibraries = ['libcuda.so.1', 'libnvidia-ml.so.1'] as const;

const wslDriver = 'usr/lib/wsl/lib/libcuda.so.1';

/** @param systemRoot the folder whose `dev` and `proc` are read */
export function findGpu(environment: NodeJS.ProcessEnv, systemRoot = '/'): GpuSearch {
  const visible = environment.CUDA_VISIBLE_DEVICES?.trim();
  if (visible !== undefined && (visible === '' || visible.startsWith('-1'))) {
    return { found: false, why: `every GPU hidden by CUDA_VISIBLE_DEVICES="${visible}"` };
  }
  const at = (path: string) => join(systemRoot, path);
  const device = deviceFile(systemRoot);
  if (device !== undefined) return { found: true, sign: device };
  // Every GPU of a Windows host has this file; only NVIDIA's driver brings the library.
  if (canSee(at('dev/dxg')) && canSee(at(wslDriver))) return { found: true, sign: '/dev/dxg' };
  if (canSee(at('proc/driver/nvidia/version'))) return { found: true, sign: '/proc/driver/nvidia' };
  if (/^GPU \d+:/m.test(askNvidiaSmiOnce(['-L'], environment) ?? '')) return { found: true, sign: 'nvidia-smi' };
  return { found: false, why: 'no NVIDIA GPU' };
}

/**
 * Refuses a GPU of which it is certain that TensorFlow cannot use it, before gigabytes are downloaded for it.
 * @throws EngineError (exit code 69) that names the driver that is too old, or the missing library or device file
 */
export function requireDriver(sign: string, environment: NodeJS.ProcessEnv, systemRoot = '/'): void {
  const version = firstGpu(environment)?.driver;
  if (version && !isDriverNewEnough(version)) throw unusableGpu(sign, `its driver ${version} is too old for CUDA 12`);
  const missing = missingLibraries(driverLibraries, environment);
  if (missing.length > 0) throw unusableGpu(sign, missingClause(missing));
  if (sign.startsWith('/proc') && deviceFile(systemRoot) === undefined) {
    throw unusableGpu(sign, 'the device file /dev/nvidia0 is missing');
  }
}

/** The oldest driver for CUDA 12. */
export const oldestDriver = 525;

/** @param version such as `535.104.05`; one that cannot be read is left to TensorFlow */
export function isDriverNewEnough(version: string): boolean {
  return !(Number(version.split('.')[0]) < oldestDriver);
}

const driverRemedy =
  'Install or repair the driver (in a container: start it with --gpus all and the driver capabilities compute,utility), or ask for the CPU with --cpu or --device cpu';

/** @param reason what is missing, as a clause */
export function unusableGpu(sign: string, reason: string, remedy = driverRemedy): EngineError {
  return new EngineError(
    {
      where: `GPU (${sign})`,
      got: described(`a GPU that TensorFlow cannot use: ${reason}`),
      expected: `NVIDIA's driver for CUDA 12 (${oldestDriver} or newer) and the libraries of CUDA 12`,
      remedy,
    },
    { exitCode: exitCodes.noDevice },
  );
}

/**
 * The libraries that the system's loader does not find.
 * Node opens any library as if it were an addon: where the file is missing the loader says so, otherwise Node finds that it is none. It
 * happens in another process, since a library that was opened stays.
 */
export function missingLibraries(names: readonly string[], environment: NodeJS.ProcessEnv): string[] {
  const program = `
    const missing = process.argv.slice(1).filter((name) => {
      try { process.dlopen({ exports: {} }, name, ${constants.dlopen.RTLD_LAZY}); } catch (error) { return /cannot open shared object/.test(error.message); }
    });
    process.stdout.write(JSON.stringify(missing));`;
  const { status, stdout } = spawnSync(process.execPath, ['-e', program, '--', ...names], {
    encoding: 'utf8',
    env: environment,
  });
  return status === 0 ? (JSON.parse(stdout) as string[]) : [];
}

/** `the driver's library libcuda.so.1 is missing` */
export function missingClause(names: readonly string[]): string {
  return `the driver's ${names.length === 1 ? 'library' : 'libraries'} ${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} missing`;
}

function deviceFile(systemRoot: string): string | undefined {
  const folder = join(systemRoot, 'dev');
  const name = canSee(folder) ? namesIn(folder).find((one) => /^nvidia\d+$/.test(one)) : undefined;
  return name === undefined ? undefined : `/dev/${name}`;
}
