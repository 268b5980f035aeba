/** @file Reads values that come from elsewhere: JSON or nothing, plain objects. */

/** The value of a JSON text; nothing where it is none: a schema then says so. */
export function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
