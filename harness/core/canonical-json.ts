/** @file JSON with one spelling per value: keys sorted, no spaces, nothing non-finite. The ground of every fingerprint. */
import { createHash } from 'node:crypto';
import { HarnessError } from './errors.ts';

/**
 * The canonical text of a plain value: object keys sorted by code unit, absent (`undefined`) keys left out.
 * @throws HarnessError on a non-finite number, a function, a class instance or a cycle; JSON would write `null` for some of these.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$', new Set());
}

/** sha256 (64 hex digits) of the canonical text: equal values have equal fingerprints, whatever the order of their keys. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

function write(value: unknown, path: string, above: Set<object>): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) refuse(path, String(value));
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') return refuse(path, typeof value);
  if (above.has(value)) return refuse(path, 'a cycle');
  const deeper = new Set(above).add(value);
  if (Array.isArray(value)) return `[${value.map((v, i) => write(v, `${path}[${i}]`, deeper)).join(',')}]`;
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) {
    return refuse(path, value.constructor.name);
  }
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${write(v, `${path}.${k}`, deeper)}`).join(',')}}`;
}

function refuse(path: string, got: string): never {
  throw new HarnessError({
    where: `canonical JSON at ${path}`,
    got,
    expected: 'null, a boolean, a finite number, a string, an array or a plain object',
    remedy: 'Convert the value before it is fingerprinted',
  });
}
