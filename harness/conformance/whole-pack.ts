/** @file Checks that a case is complete: listed files exist with their sha256, and all tensors are named. */
import { isRecord } from '../core/record.ts';
import { join } from 'node:path';
import { described } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { readInput } from '../system/files/input-file.ts';
import { MalformedCaseError, type ConformanceCase } from './case.ts';

/**
 * A missing or damaged file would be refused like the one that the case wants refused, and a tensor without a name would be compared with
 * nothing: both would pass.
 * @throws MalformedCaseError that names the file or tensor
 */
export function requireWholePack(reference: ConformanceCase): void {
  const { files } = reference.json;
  for (const [name, listed] of Object.entries(isRecord(files) ? files : {})) requireListedFile(reference, name, listed);
  const named = textsIn(reference.json);
  for (const name of reference.tensors.keys()) {
    if (named.has(name)) continue;
    throw malformed(reference, `tensor "${name}"`, 'tensors that case.json names');
  }
}

function requireListedFile(reference: ConformanceCase, name: string, listed: unknown): void {
  const digest = isRecord(listed) ? listed.sha256 : undefined;
  let bytes: Uint8Array;
  try {
    bytes = readInput(join(reference.folder, name), 'a file of the case');
  } catch (thrown) {
    throw malformed(reference, `no file "${name}"`, 'every file that case.json lists', thrown);
  }
  if (typeof digest === 'string' && sha256(bytes) !== digest)
    throw malformed(reference, `file "${name}" with sha256 ${sha256(bytes)}`, `sha256 ${digest}`);
}

/** Every text at any depth: sets list tensors as texts, or name them under `tensor`. */
function textsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === 'string') found.add(value);
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach((one) => textsIn(one, found));
  return found;
}

function malformed(reference: ConformanceCase, got: string, expected: string, cause?: unknown): MalformedCaseError {
  return new MalformedCaseError(
    { where: reference.folder, got: described(got), expected, remedy: 'Fetch the pack again' },
    { cause },
  );
}
