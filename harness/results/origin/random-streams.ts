/** @file Table of a cell's random streams and keys, for drawing the same numbers elsewhere. */
import { streamKey, type Stream } from '../../core/random.ts';
import type { Result } from '../schema.ts';

/** The 64-bit key of each stream at this seed, as 16 hex digits, high word first. */
export function streamTable(seed: number, used: readonly Stream[]): Result['streams'] {
  return used.map((stream) => {
    const [low, high] = streamKey(seed, stream);
    return { stream, key: hex(high) + hex(low) };
  });
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
