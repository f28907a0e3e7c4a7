// What one wavelet does to the two elements of a 16-bit type that it carries: the twin of `combineHalf` in ../src/kernels/combine.ts and of the conversions in
// ../src/kernels/half.ts.
import { FORWARD, LOAD, ODD, PAIR, REDUCE, STORE } from "./layout.ts";

/** Applies a pair action to the element at `at` and returns the 16 bits that go on. */
export function combineHalf(action: u32, at: u32, value: u32): u32 {
  const simple = (action & (ODD - 1)) - PAIR;
  if (simple === LOAD) return load<u16>(at) as u32;
  if (simple === STORE) {
    store<u16>(at, value as u16);
    return value;
  }
  const isForward = simple >= (FORWARD as u32);
  const fn = isForward ? simple - FORWARD : simple - REDUCE;
  const own = load<u16>(at) as u32;
  const result = fn >= 3 ? combineBf16(fn - 3, own, value) : combineF16(fn, own, value);
  if (!isForward) store<u16>(at, result as u16);
  return result;
}

function combineF16(fn: u32, a: u32, b: u32): u32 {
  return encodeF16(apply(fn, decodeF16(a), decodeF16(b)));
}

function combineBf16(fn: u32, a: u32, b: u32): u32 {
  return encodeBf16(apply(fn, reinterpret<f32>(a << 16) as f64, reinterpret<f32>(b << 16) as f64));
}

function apply(fn: u32, a: f64, b: f64): f64 {
  return fn === 0 ? a + b : fn === 1 ? max<f64>(a, b) : min<f64>(a, b);
}

function decodeF16(bits: u32): f64 {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) {
    const magnitude = (fraction as f64) * 5.9604644775390625e-8;
    return sign === 0 ? magnitude : -magnitude;
  }
  const high: u32 = exponent === 31 ? 0x7f800000 : (exponent + 112) << 23;
  return reinterpret<f32>(sign | high | (fraction << 13)) as f64;
}

function encodeF16(value: f64): u32 {
  if (value !== value) return 0x7e00;
  const bits = reinterpret<u64>(value);
  const sign = ((bits >> 48) as u32) & 0x8000;
  const magnitude = abs<f64>(value);
  // Below 2^-14 in units of 2^-24; `nearest` goes to even.
  if (magnitude < 0.00006103515625) return sign | ((nearest<f64>(magnitude * 16777216) as u32) & 0x7fff);
  return sign | rounded(bits, 42, 1008 << 10, 0x7c00);
}

function encodeBf16(value: f64): u32 {
  if (value !== value) return 0x7fc0;
  const bits = reinterpret<u64>(value);
  const sign = ((bits >> 48) as u32) & 0x8000;
  const magnitude = abs<f64>(value);
  // Below 2^-126 in units of 2^-133.
  if (magnitude < 1.1754943508222875e-38) {
    return sign | ((nearest<f64>(magnitude * 1.0889035741470031e40) as u32) & 0x7fff);
  }
  return sign | rounded(bits, 45, 896 << 7, 0x7f80);
}

/** Magnitude of a binary64 without its lowest `drop` bits, to nearest even, less the difference of the biases; at most `infinity`. */
function rounded(bits: u64, drop: u32, rebias: u32, infinity: u32): u32 {
  const magnitude = (bits << 1) >> 1;
  const code = ((magnitude >> (drop as u64)) as u32) - rebias;
  if (code >= infinity) return infinity;
  const rest = magnitude & (((1 as u64) << (drop as u64)) - 1);
  const tie = (1 as u64) << ((drop - 1) as u64);
  const isUp = rest > tie || (rest === tie && (code & 1) === 1);
  return isUp ? code + 1 : code;
}
