/**
 * @file NumPy's legacy random generator, limited to the seeded permutations of the metric tools.
 *
 * Source: Matsumoto & Nishimura, "Mersenne Twister", 1998 (MT19937); numpy.random.RandomState for seeding and shuffling.
 */

const size = 624;
const shift = 397;

export class NumpyRandomState {
  private readonly state = new Uint32Array(size);
  private position = size;

  /** @param seed integer in [0, 2^32) */
  constructor(seed: number) {
    this.state[0] = seed;
    for (let i = 1; i < size; i++) {
      const before = this.state[i - 1]!;
      this.state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
    }
  }

  /** `RandomState.permutation(length)`. */
  permutation(length: number): Uint32Array {
    const order = Uint32Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const j = this.upTo(i);
      const swap = order[i]!;
      order[i] = order[j]!;
      order[j] = swap;
    }
    return order;
  }

  /** `RandomState.choice(length, count, replace=False)`. */
  choice(length: number, count: number): Uint32Array {
    return this.permutation(length).slice(0, count);
  }

  /** Uniform in {0, ..., largest}: words masked to the next power of two, those above thrown away. */
  private upTo(largest: number): number {
    const mask = 2 ** (32 - Math.clz32(largest)) - 1;
    for (;;) {
      const word = (this.word() & mask) >>> 0;
      if (word <= largest) return word;
    }
  }

  private word(): number {
    if (this.position === size) this.twist();
    let y = this.state[this.position++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  private twist(): void {
    const { state } = this;
    for (let i = 0; i < size; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % size]! & 0x7fffffff);
      state[i] = state[(i + shift) % size]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.position = 0;
  }
}
