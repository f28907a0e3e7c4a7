// Elementary functions of docs/program.md section 8, written down one to one. Each takes and returns binary64; the caller rounds
// to f32. Deliberately shares nothing with ../kernels, whose functions are tested against these.

const FACTORIAL: readonly number[] = Array.from({ length: 17 }, (_, n) => {
  let product = 1;
  for (let i = 2; i <= n; i++) product *= i;
  return product;
});

const bits = new DataView(new ArrayBuffer(8));

/** 2^k as binary64, for -1022 <= k <= 1023. */
function powerOfTwo(k: number): number {
  bits.setUint32(0, (k + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

function expUnrounded(a: number): number {
  const k = Math.floor(a * 1.4426950408889634 + 0.5);
  const r = a - k * 0.69314718036912381649 - k * 1.90821492927058770002e-10;
  let p = 1 / FACTORIAL[13]!;
  for (let n = 12; n >= 0; n--) p = p * r + 1 / FACTORIAL[n]!;
  return p * powerOfTwo(k);
}

export function exp(a: number): number {
  if (Number.isNaN(a)) return NaN;
  if (a > 89) return Infinity;
  if (a < -104) return 0;
  return expUnrounded(a);
}

export function log(a: number): number {
  if (Number.isNaN(a) || a < 0) return NaN;
  if (a === 0) return -Infinity;
  if (a === Infinity) return Infinity;
  let m = a;
  let e = 0;
  while (m >= 1.4142135623730951) {
    m /= 2;
    e++;
  }
  while (m < 0.7071067811865476) {
    m *= 2;
    e--;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p = 1 / 25;
  for (let n = 23; n >= 1; n -= 2) p = p * z + 1 / n;
  return e * 0.6931471805599453 + 2 * s * p;
}

export function erf(a: number): number {
  if (Number.isNaN(a)) return NaN;
  const sign = a < 0 || Object.is(a, -0) ? -1 : 1;
  const b = Math.abs(a);
  if (b >= 4) return sign;
  const q = 2 * b * b;
  let t = b;
  let sum = b;
  for (let n = 1; n <= 80; n++) {
    t = (t * q) / (2 * n + 1);
    sum = sum + t;
  }
  return sign * (sum * expUnrounded(-(b * b)) * 1.1283791670955126);
}

export function tanh(a: number): number {
  if (Number.isNaN(a)) return NaN;
  const sign = a < 0 || Object.is(a, -0) ? -1 : 1;
  const b = Math.abs(a);
  if (b > 20) return sign;
  if (b < 2 ** -12) return sign * (b - (b * b * b) / 3);
  return sign * (1 - 2 / (expUnrounded(2 * b) + 1));
}

/** The reduced argument and the quadrant, 0 to 3. */
function reduceAngle(a: number): { r: number; quadrant: number } {
  const k = Math.floor(a * 0.6366197723675814 + 0.5);
  const r = a - k * 1.5707963267341256 - k * 6.077100506506192e-11 - k * 2.0222662487959506e-21;
  return { r, quadrant: k - 4 * Math.floor(k / 4) };
}

function sineOf(r: number): number {
  const z = r * r;
  let p = -1 / FACTORIAL[15]!;
  for (let n = 13; n >= 1; n -= 2) p = p * z + (n % 4 === 1 ? 1 : -1) / FACTORIAL[n]!;
  return r * p;
}

function cosineOf(r: number): number {
  const z = r * r;
  let q = 1 / FACTORIAL[16]!;
  for (let n = 14; n >= 0; n -= 2) q = q * z + (n % 4 === 0 ? 1 : -1) / FACTORIAL[n]!;
  return q;
}

export function sin(a: number): number {
  if (!Number.isFinite(a)) return NaN;
  const { r, quadrant } = reduceAngle(a);
  const value = quadrant % 2 === 0 ? sineOf(r) : cosineOf(r);
  return quadrant < 2 ? value : -value;
}

export function cos(a: number): number {
  if (!Number.isFinite(a)) return NaN;
  const { r, quadrant } = reduceAngle(a);
  const value = quadrant % 2 === 0 ? cosineOf(r) : sineOf(r);
  return quadrant === 0 || quadrant === 3 ? value : -value;
}

/** round32 of the exact a * b + c, for f32 operands. */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  return Math.fround(multiplyAddToOdd(a, b, c));
}

/** The exact a * b + c of f32 operands, rounded to odd in binary64, so that one more rounding, to f32 or less, is right. */
export function multiplyAddToOdd(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  if (!Number.isFinite(sum) || sum === 0) return sum;
  const c1 = sum - product;
  const error = product - (sum - c1) + (c - c1);
  if (error === 0) return sum;
  bits.setFloat64(0, sum);
  const word = bits.getBigInt64(0);
  if ((word & 1n) === 0n) bits.setBigInt64(0, word + (error > 0 === sum > 0 ? 1n : -1n));
  return bits.getFloat64(0);
}
