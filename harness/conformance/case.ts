/** @file Reads one reference case: `case.json`, its tensors, and the paths of its other files. */
import { isRecord } from '../core/record.ts';
import { dirname, join, resolve } from 'node:path';
import { exists } from '../system/files/files.ts';
import { readText } from '../system/files/input-file.ts';
import { DataError, described } from '../core/errors.ts';
import { readSafetensors, type StoredTensor } from '../formats/safetensors.ts';
import { walkFolder } from '../system/files/folder-walk.ts';

/** The pack itself cannot be used; never taken for the refusal that a pack may demand. */
export class MalformedCaseError extends DataError {}

export interface ConformanceCase {
  readonly folder: string;
  readonly kind: string;
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** The whole parsed `case.json`: the sets differ in the form of `inputs`, `expected` and `tolerance`. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/**
 * Every folder with a `case.json` at or below the given ones, in path order.
 * @param onRemark told in one line per folder what was left out on the way
 */
export function findCases(folders: readonly string[], onRemark?: (line: string) => void): string[] {
  const found = new Set<string>();
  for (const folder of folders) {
    const options = {
      expected: 'a folder of reference cases',
      isWanted: (name: string) => name === 'case.json',
      tellOthers: false,
    };
    const { files, leftOut } = walkFolder(resolve(folder), options);
    for (const { path } of files) found.add(dirname(path));
    if (leftOut !== null) onRemark?.(`${folder}: ${leftOut}`);
  }
  return [...found].sort();
}

/** @throws DataError when `case.json` is not JSON with `kind` and `id`, or its tensors cannot be read. */
export function readCase(folder: string): ConformanceCase {
  const path = join(folder, 'case.json');
  let json: unknown;
  try {
    json = JSON.parse(readText(path));
  } catch (thrown) {
    throw new DataError(
      {
        where: path,
        got: described('text that is not JSON'),
        expected: 'a reference case',
        remedy: 'Fetch the pack again',
      },
      { cause: thrown },
    );
  }
  if (!isRecord(json) || typeof json.kind !== 'string' || typeof json.id !== 'string') {
    throw new DataError({
      where: path,
      got: described('a case without kind and id'),
      expected: 'a reference case',
      remedy: 'Fetch the pack again',
    });
  }
  const stored = join(folder, 'tensors.safetensors');
  return {
    folder,
    kind: json.kind,
    id: json.id,
    config: isRecord(json.config) ? json.config : {},
    json,
    tensors: exists(stored) ? readSafetensors(stored).tensors : new Map<string, StoredTensor>(),
  };
}

/** A tensor of the case by name. */
export function tensorOf(reference: ConformanceCase, name: string): StoredTensor {
  const tensor = reference.tensors.get(name);
  if (!tensor) {
    throw new MalformedCaseError({
      where: `${reference.folder}/tensors.safetensors`,
      got: described(`no tensor "${name}"`),
      expected: 'every tensor that case.json names',
      remedy: 'Fetch the pack again',
    });
  }
  return tensor;
}

/** A finite number of `config` by name. */
export function configNumber(reference: ConformanceCase, name: string): number {
  const value = reference.config[name];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw malformedConfig(reference, name, 'a number');
}

/** The path of the file or folder that `config` names. @throws MalformedCaseError when none is named or it is not there */
export function configFile(reference: ConformanceCase, name: string): string {
  const value = reference.config[name];
  const path = typeof value === 'string' ? join(reference.folder, value) : undefined;
  if (path !== undefined && exists(path)) return path;
  throw new MalformedCaseError({
    where: `${reference.folder}/case.json at config.${name}`,
    got: value,
    expected: 'the name of a file of the case',
    remedy: 'Fetch the pack again',
  });
}

/** A list of numbers of the case's `config`. @throws MalformedCaseError when it is none. */
export function configNumbers(reference: ConformanceCase, name: string): number[] {
  const value = reference.config[name];
  if (Array.isArray(value) && value.every((item) => typeof item === 'number')) return value;
  throw malformedConfig(reference, name, 'a list of numbers');
}

/** What is thrown for a value of `config` that this project has no computation for. */
export function malformedConfig(reference: ConformanceCase, name: string, expected: string): MalformedCaseError {
  return new MalformedCaseError({
    where: `${reference.folder}/case.json at config.${name}`,
    got: reference.config[name],
    expected,
    remedy: 'Fetch the pack again, or update this project if the pack is newer',
  });
}
