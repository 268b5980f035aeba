/** @file sha256 of texts and bytes, as 64 lowercase hex digits. */
import { createHash } from 'node:crypto';

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
