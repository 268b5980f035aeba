/**
 * @file The sha256 of every file in a wheel, as its own RECORD has it.
 *
 * Source: PyPA binary distribution format, section "The .dist-info directory"; PEP 376 for the fields.
 */
import { parse } from 'csv-parse/sync';
import type { ZipFile } from '../../../formats/zip.ts';

/**
 * Hexadecimal sha256 by the name of the member. Files without one, such as RECORD itself, are left out.
 *
 * A wheel whose own hash was verified vouches for them; that a member was unpacked as it was packed is what its CRC-32 says.
 */
export function recordedHashes(archive: ZipFile): ReadonlyMap<string, string> {
  const record = [...archive.members.keys()].find((name) => /^[^/]+\.dist-info\/RECORD$/.test(name));
  if (record === undefined) return new Map();
  const rows = parse(Buffer.from(archive.read(record)), { relax_column_count: true });
  return new Map(
    rows.flatMap(([name = '', hash = '']) => {
      const [algorithm, value = ''] = hash.split('=');
      const hex = Buffer.from(value, 'base64url').toString('hex');
      return algorithm === 'sha256' && hex.length === 64 ? [[name, hex] as const] : [];
    }),
  );
}
