// What local instructions do to memory, element by element in view order, as docs/program.md sections 4.1 and 8 say it. Plain on
// purpose: this is the definition of values that the fast kernels of ../kernels are compared with, and shares no code with them.
import type { BinaryFn, CompareFn, ElementType, ReduceFn, UnaryFn } from "@waferc/ir/program";
import type { LocalStep } from "../image/code.ts";
import type { Operands } from "../image/operands.ts";
import type { ResolvedView } from "../image/view.ts";
import { cos, erf, exp, fusedMultiplyAdd, log, sin, tanh } from "./elementary.ts";

const CANONICAL_NAN = 0x7fc00000;

/** The pool: the same words as integers and as f32. */
export interface Memory {
  readonly words: Int32Array;
  readonly floats: Float32Array;
}

/** Word of element `index` in view order. */
export function wordAt(view: ResolvedView, index: number): number {
  let word = view.start;
  for (let d = view.rank - 1; d >= 0; d--) {
    const count = view.counts[d]!;
    word += (index % count) * view.strides[d]!;
    index = Math.floor(index / count);
  }
  return word;
}

export function load(memory: Memory, type: ElementType, word: number): number {
  return type === "f32" ? memory.floats[word]! : memory.words[word]!;
}

/** Stores the result of an arithmetic instruction: rounded to the type, NaN canonical. */
export function store(memory: Memory, type: ElementType, word: number, value: number): void {
  if (type === "i32") memory.words[word] = value;
  else if (Number.isNaN(value)) memory.words[word] = CANONICAL_NAN;
  else memory.floats[word] = value;
}

export function unary(fn: UnaryFn, type: ElementType, a: number): number {
  switch (fn) {
    case "neg":
      return type === "i32" ? (0 - a) | 0 : -a;
    case "abs":
      return type === "i32" ? Math.abs(a) | 0 : Math.abs(a);
    case "exp":
      return exp(a);
    case "log":
      return log(a);
    case "erf":
      return erf(a);
    case "tanh":
      return tanh(a);
    case "sin":
      return sin(a);
    case "cos":
      return cos(a);
    case "sqrt":
      return Math.sqrt(a);
    case "rsqrt":
      return 1 / Math.sqrt(a);
    case "recip":
      return 1 / a;
    case "floor":
      return Math.floor(a);
    default:
      return fn satisfies never;
  }
}

export function binary(fn: BinaryFn, type: ElementType, a: number, b: number): number {
  switch (fn) {
    case "add":
      return type === "i32" ? (a + b) | 0 : a + b;
    case "sub":
      return type === "i32" ? (a - b) | 0 : a - b;
    case "mul":
      return type === "i32" ? Math.imul(a, b) : a * b;
    case "div":
      if (type === "f32") return a / b;
      return b === 0 ? 0 : (a / b) | 0;
    case "min":
      return Math.min(a, b);
    case "max":
      return Math.max(a, b);
    default:
      return fn satisfies never;
  }
}

/** fn(element, next), as `reduce`, `recv_reduce` and `forward` use it. */
export function combine(fn: ReduceFn, type: ElementType, element: number, next: number): number {
  return binary(fn, type, element, next);
}

function compare(fn: CompareFn, a: number, b: number): number {
  switch (fn) {
    case "eq":
      return a === b ? 1 : 0;
    case "ne":
      return a !== b ? 1 : 0;
    case "lt":
      return a < b ? 1 : 0;
    case "le":
      return a <= b ? 1 : 0;
    case "gt":
      return a > b ? 1 : 0;
    case "ge":
      return a >= b ? 1 : 0;
    default:
      return fn satisfies never;
  }
}

function castToInteger(a: number): number {
  if (Number.isNaN(a)) return 0;
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(a)));
}

const word32 = new DataView(new ArrayBuffer(4));

/** The 32 bits of a value, rounded to the type, NaN canonical. */
export function toBits(type: ElementType, value: number): number {
  if (type === "i32") return value;
  if (Number.isNaN(value)) return CANONICAL_NAN;
  word32.setFloat32(0, value);
  return word32.getInt32(0);
}

/** The value that 32 bits stand for. */
export function fromBits(type: ElementType, bits: number): number {
  if (type === "i32") return bits;
  word32.setInt32(0, bits);
  return word32.getFloat32(0);
}

/** Executes a local instruction whose operands are resolved and that has something to do. */
export function executeLocal(step: LocalStep, operands: Operands, memory: Memory): void {
  const { dst } = operands;
  const type = step.dst.type;
  if (step.op === "reduce") {
    executeReduce(step.fn, type, operands, memory);
    return;
  }
  if (step.op === "matmul") {
    executeMatmul(step.fused, operands, memory);
    return;
  }
  for (let i = 0; i < dst.total; i++) executeElement(step, operands, memory, i, wordAt(dst, i));
}

type ElementwiseStep = Exclude<LocalStep, { op: "reduce" | "matmul" }>;

function executeElement(step: ElementwiseStep, operands: Operands, memory: Memory, i: number, word: number): void {
  const type = step.dst.type;
  const a = (of: ElementType) => (operands.aIsView ? load(memory, of, wordAt(operands.a, i)) : operands.aValue);
  const b = (of: ElementType) => (operands.bIsView ? load(memory, of, wordAt(operands.b, i)) : operands.bValue);
  switch (step.op) {
    case "fill":
      store(memory, type, word, step.value);
      return;
    case "iota": {
      const value = operands.start + i * step.step;
      store(memory, type, word, type === "i32" ? value | 0 : value);
      return;
    }
    case "copy":
      memory.words[word] = memory.words[wordAt(operands.a, i)]!;
      return;
    case "cast": {
      const value = a(step.src.type);
      store(memory, type, word, type === "i32" && step.src.type === "f32" ? castToInteger(value) : value);
      return;
    }
    case "unary":
      store(memory, type, word, unary(step.fn, type, a(type)));
      return;
    case "binary":
      store(memory, type, word, binary(step.fn, type, a(type), b(type)));
      return;
    case "compare":
      memory.words[word] = compare(step.fn, a(step.type), b(step.type));
      return;
    case "select": {
      const isFirst = memory.words[wordAt(operands.cond, i)] !== 0;
      if (isFirst) memory.words[word] = operands.aIsView ? a("i32") : toBits(type, operands.aValue);
      else memory.words[word] = operands.bIsView ? b("i32") : toBits(type, operands.bValue);
      return;
    }
    default:
      step satisfies never;
  }
}

function executeReduce(fn: ReduceFn, type: ElementType, { dst, a: src, k }: Operands, memory: Memory): void {
  for (let i = 0; i < dst.total; i++) {
    const word = wordAt(dst, i);
    for (let l = 0; l < k; l++) {
      const next = load(memory, type, wordAt(src, i * k + l));
      store(memory, type, word, combine(fn, type, load(memory, type, word), next));
    }
  }
}

function executeMatmul(isFused: boolean, { dst, a, b, m, k, n }: Operands, memory: Memory): void {
  const { floats } = memory;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const word = wordAt(dst, i * n + j);
      let accumulator = floats[word]!;
      let wordA = wordAt(a, i * k);
      let wordB = wordAt(b, j);
      for (let l = 0; l < k; l++) {
        const left = floats[wordA]!;
        const right = floats[wordB]!;
        accumulator = isFused
          ? fusedMultiplyAdd(left, right, accumulator)
          : Math.fround(Math.fround(left * right) + accumulator);
        wordA += a.strides[1]!;
        wordB += b.strides[0]!;
      }
      store(memory, "f32", word, accumulator);
    }
  }
}
