/** @file Reads a benchmark as its command wrote it, of whatever schema. */
import { z } from 'zod';
import { described, ResultError } from '../../core/errors.ts';
import { exists } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';

/** What was asked for or usual and not measured, and why. */
export const skippedSchema = z.array(z.strictObject({ name: z.string().min(1), why: z.string().min(1) })).readonly();

/** @throws ResultError when the file is missing, no JSON or of another schema */
export function readWritten<T>(path: string, schema: z.ZodType<T>): T {
  const fail = (got: string, cause?: unknown): never => {
    throw new ResultError(
      {
        where: path,
        got: described(got),
        expected: 'a benchmark as `npm run bench` writes it',
        remedy: 'Measure again with `npm run bench -- ... --out <folder>`',
      },
      { cause },
    );
  };
  if (!exists(path)) return fail('no file');
  let value: unknown;
  try {
    value = JSON.parse(readText(path));
  } catch (thrown) {
    return fail('text that is not JSON', thrown);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return fail(`${issue!.path.join('.') || 'a value'}: ${issue!.message}`);
}
