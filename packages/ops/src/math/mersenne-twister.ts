// The generator behind ops that draw random numbers: MT19937 (Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 8(1),
// 1998, doi:10.1145/272991.272995), seeded by one number and read as numpy's RandomState does, so that the seeded cases of
// the ONNX suite (Dropout) have the values that numpy gave them. ONNX itself leaves the generator open.

const LENGTH = 624;
const MIDDLE = 397;

export class MersenneTwister {
  readonly #state = new Uint32Array(LENGTH);
  #next = LENGTH;

  /** @param seed its whole part, modulo 2^32 */
  constructor(seed: number) {
    const state = this.#state;
    state[0] = Math.trunc(seed) >>> 0;
    for (let i = 1; i < LENGTH; i++) {
      const last = state[i - 1]!;
      state[i] = Math.imul(1812433253, last ^ (last >>> 30)) + i;
    }
  }

  /** Uniform in 0 .. 2^32 - 1. */
  uint32(): number {
    if (this.#next === LENGTH) this.#twist();
    let word = this.#state[this.#next++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  /** Uniform in [0, 1) with 53 random bits. */
  float(): number {
    const high = this.uint32() >>> 5;
    return (high * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** Normal with mean 0 and deviation 1, by the polar method of Marsaglia. */
  normal(): number {
    for (;;) {
      const [x, y] = [2 * this.float() - 1, 2 * this.float() - 1];
      const square = x * x + y * y;
      if (square > 0 && square < 1) return y * Math.sqrt((-2 * Math.log(square)) / square);
    }
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < LENGTH; i++) {
      const word = (state[i]! & 0x80000000) | (state[(i + 1) % LENGTH]! & 0x7fffffff);
      state[i] = state[(i + MIDDLE) % LENGTH]! ^ (word >>> 1) ^ (word & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}
