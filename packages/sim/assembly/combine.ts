// What one wavelet does to one element of memory: the twin of `combineBits` in ../src/kernels/combine.ts, for every action but PASS. WebAssembly rounds a sum of f32
// as `Math.fround` rounds that of two f32 in f64, and its max and min are those of `Math`; a NaN is made canonical.
import { FORWARD, LOAD, REDUCE, STORE } from "./layout.ts";

const CANONICAL_NAN: u32 = 0x7fc00000;

/** Applies an action to the element at `at` and returns the bits that go on. */
export function combine(action: u32, at: u32, value: u32): u32 {
  if (action === LOAD) return load<u32>(at);
  if (action === STORE) {
    store<u32>(at, value);
    return value;
  }
  const isForward = action >= (FORWARD as u32);
  const fn = isForward ? action - FORWARD : action - REDUCE;
  const result =
    fn >= 3 ? combineIntegers(fn - 3, load<i32>(at), value as i32) : combineFloats(fn, load<f32>(at), value);
  if (!isForward) store<u32>(at, result);
  return result;
}

/** The bits of a sum. */
export function addFloats(a: f32, value: u32): u32 {
  return canonical(a + reinterpret<f32>(value));
}

function combineFloats(fn: u32, a: f32, value: u32): u32 {
  const b = reinterpret<f32>(value);
  return canonical(fn === 0 ? a + b : fn === 1 ? max<f32>(a, b) : min<f32>(a, b));
}

function canonical(result: f32): u32 {
  return result === result ? reinterpret<u32>(result) : CANONICAL_NAN;
}

function combineIntegers(fn: u32, a: i32, b: i32): u32 {
  if (fn === 0) return (a + b) as u32;
  return (fn === 1 ? max<i32>(a, b) : min<i32>(a, b)) as u32;
}
