// What one wavelet of a fabric operation does to one element of memory, on raw 32-bit words. Actions are small numbers so that
// an engine keeps them in a typed array.
import { is16Bit, type ElementType, type ReduceFn } from "@waferc/ir/program";
import type { FabricStep } from "../image/code.ts";
import { CANONICAL_NAN, type Memory } from "./elementwise.ts";
import { combineHalves } from "./half-rows.ts";
import { HALF_FORMATS } from "./half.ts";

/** The simple actions; one object, so that hot loops copy them into constants of their own (cycle/layout.ts says why). */
export const ACTIONS = {
  /** Memory is not touched; the wavelet goes on as it is (`drop`, `forward pass`, control wavelets). */
  PASS: 0,
  /** `send`: the element goes out. */
  LOAD: 1,
  /** `recv`, `forward store`: the wavelet goes into the element, and on. */
  STORE: 2,
  /** From here on a wavelet carries two elements of a 16-bit type. */
  PAIR: 16,
  /** Bit of a pair action: the last wavelet has one element only. */
  ODD: 32,
} as const;

const { PASS, LOAD, STORE, PAIR, ODD } = ACTIONS;
// From 3: fn(element, wavelet) stays in memory (`recv_reduce`); from 9: fn(wavelet, element) goes on (`forward`).
const REDUCE = 3;
const FORWARD = 9;

const FUNCTIONS = ["add", "max", "min"] as const satisfies readonly ReduceFn[];

function functionNumber(fn: ReduceFn, type: ElementType): number {
  return FUNCTIONS.indexOf(fn) + (type === "i32" || type === "bf16" ? FUNCTIONS.length : 0);
}

/** The action of a fabric instruction that moves so many elements. */
export function actionOf(step: FabricStep, elements: number): number {
  const type = typeOf(step);
  if (type === undefined || !is16Bit(type)) return simpleActionOf(step);
  // Functions of f16 and bf16 take the places of those of f32 and i32.
  return PAIR + simpleActionOf(step) + (elements % 2 === 0 ? 0 : ODD);
}

/** Type of what is moved from or to memory; undefined if nothing is. */
function typeOf(step: FabricStep): ElementType | undefined {
  if (step.op === "send") return step.src.type;
  if (step.op === "drop" || (step.op === "forward" && step.fn === "pass")) return undefined;
  return step.op === "forward" ? step.view.type : step.dst.type;
}

function simpleActionOf(step: FabricStep): number {
  switch (step.op) {
    case "send":
      return LOAD;
    case "recv":
      return STORE;
    case "recv_reduce":
      return REDUCE + functionNumber(step.fn, step.dst.type);
    case "drop":
      return PASS;
    case "forward":
      if (step.fn === "pass") return PASS;
      return step.fn === "store" ? STORE : FORWARD + functionNumber(step.fn, step.view.type);
    default:
      return step satisfies never;
  }
}

const bits = new Int32Array(1);
const asFloat = new Float32Array(bits.buffer);

/** Applies an action other than PASS to word `word` of memory with the wavelet `value`; returns the bits that go on. */
export function combineBits(action: number, memory: Memory, word: number, value: number): number {
  const { words, floats } = memory;
  if (action === LOAD) return words[word]!;
  if (action === STORE) {
    words[word] = value;
    return value;
  }
  const isForward = action >= FORWARD;
  const fn = isForward ? action - FORWARD : action - REDUCE;
  let result: number;
  if (fn >= FUNCTIONS.length) {
    result = combineIntegers(fn - FUNCTIONS.length, words[word]!, value);
  } else {
    bits[0] = value;
    const sum = combineFloats(fn, floats[word]!, asFloat[0]!);
    asFloat[0] = sum;
    result = sum === sum ? bits[0] : CANONICAL_NAN;
  }
  if (!isForward) words[word] = result;
  return result;
}

/** All three functions are symmetric but for the bits of a NaN, which are canonical. */
function combineFloats(fn: number, a: number, b: number): number {
  if (fn === 0) return Math.fround(a + b);
  return fn === 1 ? Math.max(a, b) : Math.min(a, b);
}

function combineIntegers(fn: number, a: number, b: number): number {
  if (fn === 0) return (a + b) | 0;
  return fn === 1 ? Math.max(a, b) : Math.min(a, b);
}

/** What a pair action does to one half of a wavelet and the element in half word `half`; returns the bits that go on. */
export function combineHalf(action: number, { halves }: Memory, half: number, value: number): number {
  const simple = (action & (ODD - 1)) - PAIR;
  if (simple === LOAD) return halves[half]!;
  if (simple === STORE) {
    halves[half] = value;
    return value;
  }
  const isForward = simple >= FORWARD;
  const fn = simple - (isForward ? FORWARD : REDUCE);
  const format = fn >= FUNCTIONS.length ? HALF_FORMATS.bf16 : HALF_FORMATS.f16;
  const result = combineHalves(FUNCTIONS[fn % FUNCTIONS.length]!, format, halves[half]!, value);
  if (!isForward) halves[half] = result;
  return result;
}
