/** @file Checks the host before any download: Linux on x86-64, glibc version, free disk space. */
import { freeBytes } from '../../../system/files/files.ts';
import { DataError, EngineError, described } from '../../../core/errors.ts';
import { formatBytes } from '../../../core/units.ts';

/** The oldest C library for which the wheels are built (their tag is manylinux_2_27). */
const oldestGlibc = [2, 27] as const;

export interface Host {
  readonly platform: string;
  readonly architecture: string;
  /** `2.36`; absent on a system with another C library. */
  readonly glibc: string | undefined;
}

export function thisHost(): Host {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return { platform: process.platform, architecture: process.arch, glibc: header.glibcVersionRuntime };
}

/** @throws EngineError where no pinned wheel runs */
export function requireSupported(host: Host): void {
  const other =
    'Use such a machine (on Windows: WSL 2), or name a TensorFlow of your own with CONSISTENCY_TENSORFLOW where there is one';
  if (host.platform !== 'linux' || host.architecture !== 'x64') {
    throw new EngineError({
      where: 'engine',
      got: described(`${host.platform} on ${host.architecture}`),
      expected: 'Linux on x64, for which TensorFlow is pinned here',
      remedy: other,
    });
  }
  const [major, minor] = (host.glibc ?? '0.0').split('.').map(Number) as [number, number];
  if (major < oldestGlibc[0] || (major === oldestGlibc[0] && minor < oldestGlibc[1])) {
    throw new EngineError({
      where: 'engine',
      got: described(host.glibc === undefined ? 'a system without glibc (Alpine?)' : `glibc ${host.glibc}`),
      expected: `glibc ${oldestGlibc.join('.')} or newer`,
      remedy: 'Use Debian 10, Ubuntu 20.04, RHEL 8 or anything newer',
    });
  }
}

/** @throws DataError when the disk that holds the folder has less room than is needed */
export function requireRoom(folder: string, bytes: number): void {
  const free = freeBytes(folder);
  if (free >= bytes) return;
  throw new DataError({
    where: folder,
    got: described(`${formatBytes(free)} of free disk space`),
    expected: `${formatBytes(bytes)} for the engine`,
    remedy: 'Free some space, or move the cache to another disk with CONSISTENCY_CACHE',
  });
}
