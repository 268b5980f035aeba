/**
 * @file Pinned sets of wheels: for the CPU, for a GPU, and for a compiler.
 *
 * A set also says which files of its wheels are kept.
 */
import { readText } from '../../../system/files/input-file.ts';
import { join } from 'node:path';
import { fingerprint } from '../../../core/canonical-json.ts';
import { EngineError } from '../../../core/errors.ts';
import type { Device } from '../../../core/device.ts';

export interface Requirement {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

export interface WheelSet {
  /** For the person: `TensorFlow 2.21.0 for the CPU`. */
  readonly title: string;
  /** The first part of its folder's name. */
  readonly name: string;
  readonly requirements: readonly Requirement[];
  /** Of all its wheels. */
  readonly downloadBytes: number;
  /** Of all files that are kept. */
  readonly unpackedBytes: number;
  /** Whole names of the members that are kept. */
  readonly wanted: RegExp;
  /** Kept files that are programs. */
  readonly programs: RegExp;
  /** Links to make: where -> the target as the link spells it. */
  readonly links: Readonly<Record<string, string>>;
}

export type WheelSetName = Device | 'compiler';

const licences = String.raw`tensorflow/THIRD_PARTY_NOTICES\.txt|[^/]+\.dist-info/(licenses/.+|(LICENSE|License|LICENCE|NOTICE)[^/]*)`;
const libraries = String.raw`tensorflow/libtensorflow_(cc|framework)\.so\.2`;
/** The headers of the C interface, which are the same in both wheels. */
const headers = [
  String.raw`tensorflow/include/tensorflow/c/(eager/)?[^/]+\.h`,
  String.raw`tensorflow/include/(tensorflow/core|tsl)/platform/ctstring(_internal)?\.h`,
  String.raw`tensorflow/include/xla/tsl/c/[^/]+\.h`,
].join('|');
/** What CUDA brings beside what TensorFlow opens: other interfaces, other BLAS, profilers. */
const unusedCuda = String.raw`libcusolverMg|libcufftw|libnvblas|.*\.alt\.|libcheckpoint|libpcsampling`;
const cuda = String.raw`nvidia/[a-z_]+/lib/(?!${unusedCuda})[^/]+\.so[.0-9]*|nvidia/cuda_nvcc/(bin/ptxas|nvvm/.+)`;

/** Three quarters of zig's files are for systems on which this project does not run. */
const otherSystems = String.raw`libtsan|libc/(mingw|musl|wasi|freebsd|netbsd|openbsd)|libc/include/(?!generic-glibc|any-linux|x86-linux|x86_64-linux)`;

const nothing = /(?!)/;

/** @throws EngineError when a requirements file is not what this project wrote */
export function wheelSet(name: WheelSetName): WheelSet {
  const requirements = readRequirements(name);
  const version = requirements[0]!.version;
  switch (name) {
    case 'cpu':
      return {
        title: `TensorFlow ${version} for the CPU`,
        name: `tensorflow-${version}-cpu`,
        requirements,
        downloadBytes: 274_000_871,
        unpackedBytes: 854_202_889,
        wanted: new RegExp(`${libraries}|${headers}|${licences}`),
        programs: nothing,
        links: {},
      };
    case 'gpu':
      return {
        title: `TensorFlow ${version} with CUDA 12`,
        name: `tensorflow-${version}-gpu`,
        requirements,
        // To the nearest megabyte.
        downloadBytes: 3_382_000_000,
        unpackedBytes: 5_347_288_771,
        wanted: new RegExp(`${libraries}|${headers}|${licences}|${cuda}`),
        programs: /nvidia\/cuda_nvcc\/(bin|nvvm\/bin)\/[^/]+/,
        // The wheel's library opens this name and does not look into the folder in which it lies: without the link it stays on the CPU.
        links: { 'nvidia/cublas/lib/libcusolver.so.11': '../../cusolver/lib/libcusolver.so.11' },
      };
    case 'compiler':
      return {
        title: `the C++ compiler of zig ${version}`,
        name: `zig-${version}`,
        requirements,
        downloadBytes: 101_083_562,
        unpackedBytes: 248_171_453,
        wanted: new RegExp(`ziglang/(?!lib/(${otherSystems})).+|${licences}`),
        programs: /ziglang\/zig/,
        links: {},
      };
  }
}

/** Whether a member's whole name is one of the pattern's. */
export function matchesWhole(pattern: RegExp, name: string): boolean {
  return new RegExp(`^(?:${pattern.source})$`).test(name);
}

/** A change of what is downloaded or kept is another folder: checkouts of two versions can share one cache. */
export function folderName(set: WheelSet): string {
  const { requirements, wanted, programs, links } = set;
  const recipe = { requirements, wanted: wanted.source, programs: programs.source, links };
  return `${set.name}-${fingerprint(recipe).slice(0, 8)}`;
}

function readRequirements(name: WheelSetName): Requirement[] {
  const file = join(import.meta.dirname, `requirements-${name}.txt`);
  return readText(file)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => requirement(line, file));
}

function requirement(line: string, file: string): Requirement {
  const parts = /^([a-z0-9-]+)==([0-9.]+) --hash=sha256:([0-9a-f]{64})$/.exec(line);
  if (!parts) {
    throw new EngineError({
      where: file,
      got: line,
      expected: 'name==version --hash=sha256:<64 digits>',
      remedy: 'Restore the file from the repository',
    });
  }
  const [, name, version, sha256] = parts as unknown as [string, string, string, string];
  return { name, version, sha256 };
}
