/** @file What the machine must be: refusals before anything is downloaded. */
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { requireRoom, requireSupported, thisHost } from '../../../../harness/engine/install/machine/host.ts';

const linux = { platform: 'linux', architecture: 'x64', glibc: '2.36' };

describe('a machine', () => {
  test('is described by its platform, processor and C library', () => {
    expect(thisHost()).toMatchObject({ platform: process.platform, architecture: process.arch });
    expect(thisHost().glibc).toMatch(/^\d+\.\d+$/);
  });

  test.each(['2.27', '2.36', '3.0'])('with glibc %s will do', (glibc) => {
    requireSupported({ ...linux, glibc });
  });

  test.each([
    [
      { ...linux, platform: 'darwin', architecture: 'arm64' },
      'engine: got darwin on arm64, expected Linux on x64, for which TensorFlow is pinned here. Use such a machine (on Windows: WSL 2), or name a TensorFlow of your own with CONSISTENCY_TENSORFLOW where there is one.',
    ],
    [
      { ...linux, architecture: 'arm64' },
      'engine: got linux on arm64, expected Linux on x64, for which TensorFlow is pinned here. Use such a machine (on Windows: WSL 2), or name a TensorFlow of your own with CONSISTENCY_TENSORFLOW where there is one.',
    ],
    [
      { ...linux, glibc: undefined },
      'engine: got a system without glibc (Alpine?), expected glibc 2.27 or newer. Use Debian 10, Ubuntu 20.04, RHEL 8 or anything newer.',
    ],
    [
      { ...linux, glibc: '2.17' },
      'engine: got glibc 2.17, expected glibc 2.27 or newer. Use Debian 10, Ubuntu 20.04, RHEL 8 or anything newer.',
    ],
  ])('%j is refused', (host, message) => {
    expect(() => requireSupported(host)).toThrow(message);
  });
});

describe('the disk', () => {
  test('with enough room will do', () => {
    requireRoom(tmpdir(), 1);
  });

  test('with too little is refused before anything is written', () => {
    expect(() => requireRoom(tmpdir(), 2 ** 49)).toThrow(
      /^\S+: got [\d.]+ [KMGT]iB of free disk space, expected 512 TiB for the engine\. Free some space, or move the cache to another disk with CONSISTENCY_CACHE\.$/,
    );
  });
});
