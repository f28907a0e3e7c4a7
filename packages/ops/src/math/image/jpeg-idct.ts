// The inverse cosine transform of 8 x 8 blocks in 32-bit integers, with the roundings of libjpeg's accurate method, so that pixels agree with those of most
// decoders to the bit. Source: C. Loeffler, A. Ligtenberg, G. Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications",
// ICASSP 1989; constants are scaled by 2^13, and columns keep 2 bits more than integers. Hot loops: runs once for every block.

const CONSTANT_BITS = 13;
const EXTRA_BITS = 2;

const F_0_298 = 2446;
const F_0_390 = 3196;
const F_0_541 = 4433;
const F_0_765 = 6270;
const F_0_899 = 7373;
const F_1_175 = 9633;
const F_1_501 = 12299;
const F_1_847 = 15137;
const F_1_961 = 16069;
const F_2_053 = 16819;
const F_2_562 = 20995;
const F_3_072 = 25172;

/** One transform of 8 values, `stride` apart from `at`, in place, rounded by `shift` bits. */
function transformLine(data: Int32Array, at: number, stride: number, shift: number): void {
  const value = (i: number): number => data[at + i * stride]!;
  const mixed = (value(2) + value(6)) * F_0_541;
  const even2 = mixed - value(6) * F_1_847;
  const even3 = mixed + value(2) * F_0_765;
  const even0 = (value(0) + value(4)) << CONSTANT_BITS;
  const even1 = (value(0) - value(4)) << CONSTANT_BITS;
  const evens = [even0 + even3, even1 + even2, even1 - even2, even0 - even3];
  const [a, b, c, d] = [value(7), value(5), value(3), value(1)];
  const shared = (a + c + b + d) * F_1_175;
  const [ad, bc] = [-(a + d) * F_0_899, -(b + c) * F_2_562];
  const [ac, bd] = [shared - (a + c) * F_1_961, shared - (b + d) * F_0_390];
  const odds = [d * F_1_501 + ad + bd, c * F_3_072 + bc + ac, b * F_2_053 + bc + bd, a * F_0_298 + ad + ac];
  const half = 1 << (shift - 1);
  for (let i = 0; i < 4; i++) {
    data[at + i * stride] = (evens[i]! + odds[i]! + half) >> shift;
    data[at + (7 - i) * stride] = (evens[i]! - odds[i]! + half) >> shift;
  }
}

/** Samples of a block of coefficients, which are overwritten, to `to` at `toAt`, rows `toStride` apart. */
export function inverseDctBlock(block: Int32Array, to: Uint8ClampedArray, toAt: number, toStride: number): void {
  for (let column = 0; column < 8; column++) transformLine(block, column, 8, CONSTANT_BITS - EXTRA_BITS);
  for (let row = 0; row < 8; row++) {
    transformLine(block, row * 8, 1, CONSTANT_BITS + EXTRA_BITS + 3);
    for (let x = 0; x < 8; x++) to[toAt + row * toStride + x] = block[row * 8 + x]! + 128;
  }
}
