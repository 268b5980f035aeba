/**
 * @file Sealed JSON files: each has a schema and the hash of its own content.
 *
 * An edited file is thereby detected.
 */
import type { z } from 'zod';
import { fingerprint } from '../core/canonical-json.ts';
import { described, ResultError } from '../core/errors.ts';
import { readText } from '../system/files/input-file.ts';

interface Sealed {
  /** sha256 of the canonical JSON of everything else in the file. */
  readonly contentSha256: string;
}

/** A kind of sealed file. */
export interface SealedKind<T extends Sealed> {
  readonly schema: z.ZodType<T>;
  /** In words, such as `a result of schema consistency-harness/result@1`. */
  readonly what: string;
}

const readRemedy = 'Restore the file, or move the cell folder away and run the cell again';

/** The body with its seal. @throws ResultError when it breaks the schema */
export function seal<T extends Sealed>(path: string, kind: SealedKind<T>, body: object, remedy: string): T {
  return requireSealed(path, kind, { ...body, contentSha256: fingerprint(body) }, remedy);
}

/** @throws ResultError naming the file when it is no JSON, breaks the schema, or was edited after it was written */
export function readSealed<T extends Sealed>(path: string, kind: SealedKind<T>): T {
  return requireSealed(path, kind, readJson(path), readRemedy);
}

function requireSealed<T extends Sealed>(path: string, kind: SealedKind<T>, value: unknown, remedy: string): T {
  const content = requireShape(path, kind, value, remedy);
  if (fingerprint({ ...content, contentSha256: undefined }) !== content.contentSha256) {
    refuseChanged(path, `the content with sha256 ${content.contentSha256} that was written`);
  }
  return content;
}

export function requireShape<T>(
  path: string,
  { schema, what }: { readonly schema: z.ZodType<T>; readonly what: string },
  value: unknown,
  remedy: string,
): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new ResultError({
    where: path,
    got: described(`${issue.path.map(String).join('.') || 'its content'}: ${issue.message}`),
    expected: what,
    remedy,
  });
}

export function readJson(path: string): unknown {
  try {
    return JSON.parse(readText(path));
  } catch (thrown) {
    throw new ResultError(
      {
        where: path,
        got: described(thrown instanceof Error ? thrown.message : String(thrown)),
        expected: 'JSON',
        remedy: readRemedy,
      },
      { cause: thrown },
    );
  }
}

export function refuseChanged(path: string, expected: string): never {
  throw new ResultError({
    where: path,
    got: described('content that was changed after it was written'),
    expected,
    remedy: readRemedy,
  });
}

/** The same object with its keys in the order of a schema, so that files read from the top. */
export function orderedAs<T extends object>(keys: readonly string[], value: T): T {
  const rank = (key: string): number => (keys.includes(key) ? keys.indexOf(key) : keys.length);
  const entries = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b));
  return Object.fromEntries(entries) as T;
}
