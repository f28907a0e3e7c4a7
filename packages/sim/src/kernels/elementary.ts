// Elementary functions of docs/program.md section 8 for the engines' hot loops: Horner's rule written out with the binary64
// coefficients, powers of two by bits, no objects. ../untimed/elementary.ts is the plain version, with which tests compare.
// Arguments are f32 values; results are binary64, to be rounded by the store.

const doubles = new Float64Array(1);
const halves = new Int32Array(doubles.buffer);
/** Index of the word with sign and exponent in `halves`. */
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

const F3 = 1 / 6;
const F4 = 1 / 24;
const F5 = 1 / 120;
const F6 = 1 / 720;
const F7 = 1 / 5040;
const F8 = 1 / 40320;
const F9 = 1 / 362880;
const F10 = 1 / 3628800;
const F11 = 1 / 39916800;
const F12 = 1 / 479001600;
const F13 = 1 / 6227020800;
const F14 = 1 / 87178291200;
const F15 = 1 / 1307674368000;
const F16 = 1 / 20922789888000;

/** exp without the range tests; |a| must stay below 700. */
function exp64(a: number): number {
  const k = Math.floor(a * 1.4426950408889634 + 0.5);
  const r = a - k * 6.9314718036912381649e-1 - k * 1.90821492927058770002e-10;
  let p = F13 * r + F12;
  p = p * r + F11;
  p = p * r + F10;
  p = p * r + F9;
  p = p * r + F8;
  p = p * r + F7;
  p = p * r + F6;
  p = p * r + F5;
  p = p * r + F4;
  p = p * r + F3;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  halves[HIGH] = (k + 1023) << 20;
  halves[1 - HIGH] = 0;
  return p * doubles[0]!;
}

export function exp(a: number): number {
  if (a > 89) return Infinity;
  if (a < -104) return 0;
  return a === a ? exp64(a) : NaN;
}

export function log(a: number): number {
  if (!(a > 0)) return a === 0 ? -Infinity : NaN;
  if (a === Infinity) return Infinity;
  doubles[0] = a;
  const high = halves[HIGH]!;
  let e = (high >>> 20) - 1023;
  halves[HIGH] = (high & 0xfffff) | (1023 << 20);
  let m = doubles[0];
  if (m >= 1.4142135623730951) {
    m *= 0.5;
    e++;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p = 1 / 25;
  p = p * z + 1 / 23;
  p = p * z + 1 / 21;
  p = p * z + 1 / 19;
  p = p * z + 1 / 17;
  p = p * z + 1 / 15;
  p = p * z + 1 / 13;
  p = p * z + 1 / 11;
  p = p * z + 1 / 9;
  p = p * z + 1 / 7;
  p = p * z + 1 / 5;
  p = p * z + 1 / 3;
  p = p * z + 1;
  return e * 0.6931471805599453 + 2 * s * p;
}

export function erf(a: number): number {
  const b = Math.abs(a);
  if (!(b < 4)) return a === a ? (a < 0 ? -1 : 1) : NaN;
  const q = 2 * b * b;
  let t = b;
  let sum = b;
  // Once a term is below half a unit in the last place of the sum, no later one changes it: terms then shrink.
  for (let d = 3; d <= 161; d += 2) {
    t = (t * q) / d;
    const next = sum + t;
    if (next === sum && q < d) break;
    sum = next;
  }
  const value = sum * exp64(-(b * b)) * 1.1283791670955126;
  return a < 0 || (a === 0 && 1 / a < 0) ? -value : value;
}

export function tanh(a: number): number {
  const b = Math.abs(a);
  let value: number;
  if (b > 20) value = 1;
  else if (b < 2 ** -12) value = b - (b * b * b) / 3;
  else value = a === a ? 1 - 2 / (exp64(2 * b) + 1) : NaN;
  return a < 0 || (a === 0 && 1 / a < 0) ? -value : value;
}

function sineOf(r: number, z: number): number {
  let p = -F15 * z + F13;
  p = p * z - F11;
  p = p * z + F9;
  p = p * z - F7;
  p = p * z + F5;
  p = p * z - F3;
  p = p * z + 1;
  return r * p;
}

function cosineOf(z: number): number {
  let q = F16 * z - F14;
  q = q * z + F12;
  q = q * z - F10;
  q = q * z + F8;
  q = q * z - F6;
  q = q * z + F4;
  q = q * z - 0.5;
  return q * z + 1;
}

/** sin(a) for `turn` 0, cos(a) for `turn` 1: the quadrant is moved on by `turn`. */
function wave(a: number, turn: number): number {
  const k = Math.floor(a * 0.6366197723675814 + 0.5);
  const r = a - k * 1.5707963267341256 - k * 6.077100506506192e-11 - k * 2.0222662487959506e-21;
  const z = r * r;
  const quadrant = (k - 4 * Math.floor(k / 4) + turn) & 3;
  const value = quadrant & 1 ? cosineOf(z) : sineOf(r, z);
  return quadrant & 2 ? -value : value;
}

export function sin(a: number): number {
  return a - a === 0 ? wave(a, 0) : NaN;
}

export function cos(a: number): number {
  return a - a === 0 ? wave(a, 1) : NaN;
}

/** round32 of the exact a * b + c for f32 operands. */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  return Math.fround(oddMultiplyAdd(a, b, c));
}

/**
 * The exact a * b + c of f32 operands, rounded to odd in binary64, so that rounding it to f32 or less is right (Boldo and Melquiond,
 * "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd", 2008).
 */
export function oddMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const tail = sum - product;
  const error = product - (sum - tail) + (c - tail);
  if (error === 0 || error !== error) return sum;
  doubles[0] = sum;
  const low = halves[1 - HIGH]!;
  if ((low & 1) === 0) {
    if (error > 0 === sum > 0) {
      halves[1 - HIGH] = low | 1;
    } else {
      halves[1 - HIGH] = low - 1;
      if (low === 0) halves[HIGH] = halves[HIGH]! - 1;
    }
  }
  return doubles[0];
}
