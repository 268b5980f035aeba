/** @file Philox4x32-10 against the published vectors; keys from names; the numbers of a named stream. */
import { describe, expect, it } from 'vitest';
import { namedKey, philox4x32, PhiloxRandom } from '../../harness/core/philox.ts';
import { HostRandom, streamKey } from '../../harness/core/random.ts';

describe('philox4x32', () => {
  // Random123 1.14.0, tests/kat_vectors, "philox4x32 10".
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('has the known answer for counter %j', (counter, key, expected) => {
    const words = new Uint32Array(4);
    philox4x32(key, counter[0], counter[1], counter[2], counter[3], words);
    expect([...words]).toEqual(expected);
  });
});

describe('namedKey', () => {
  it('differs for every seed and every division of a name', () => {
    const keys = [
      namedKey(0),
      namedKey(1),
      namedKey(2 ** 32),
      namedKey(0, 'a'),
      namedKey(0, 'ab', 'c'),
      namedKey(0, 'a', 'bc'),
      namedKey(0, 'abc'),
      namedKey(0, 'cba'),
      namedKey(0, 'a', 1),
    ];
    expect(new Set(keys.map((key) => key.join())).size).toBe(keys.length);
    expect(namedKey(7, 'row', 3)).toEqual(namedKey(7, 'row', 3));
  });

  it('spreads one changed bit over all of its own: about half of 64 flip', () => {
    const flips = Array.from({ length: 200 }, (_, i) => {
      const [a, b] = [namedKey(i, 'row'), namedKey(i + 1, 'row')];
      return [0, 1].reduce(
        (sum, word) => sum + ((a[word]! ^ b[word]!) >>> 0).toString(2).replaceAll('0', '').length,
        0,
      );
    });
    const mean = flips.reduce((sum, value) => sum + value, 0) / flips.length;
    // Binomial(64, 1/2) has standard deviation 4; the mean of 200 of them 0.28: five of these.
    expect(Math.abs(mean - 32)).toBeLessThan(1.42);
  });
});

describe('PhiloxRandom', () => {
  it('draws what a named stream draws with its key', () => {
    const [plain, named] = [new PhiloxRandom(streamKey(5, 'noise'), 2), new HostRandom(5, 'noise', 2)];
    expect(Array.from({ length: 9 }, () => plain.uint32())).toEqual(Array.from({ length: 9 }, () => named.uint32()));
  });
});
