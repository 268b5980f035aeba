/** @file Versions of the pinned Python packages, and those that a peer says it runs. */
import { readText } from '../../system/files/input-file.ts';

/**
 * The version of a package in a list of requirements.
 * @param requirements path of the list
 * @returns null where the package is not in it
 */
export function pinnedVersion(requirements: string, name: string): string | null {
  const line = readText(requirements)
    .split('\n')
    .find((one) => one.startsWith(`${name}==`));
  return line?.slice(name.length + 2).split(/[\s;]/)[0] ?? null;
}

/** `2.15.0` of `PyTorch 2.15.0+cu132`: without what a build adds to it. */
export function versionIn(said: string): string | null {
  return /\d+(?:\.\d+)+/.exec(said)?.[0] ?? null;
}
