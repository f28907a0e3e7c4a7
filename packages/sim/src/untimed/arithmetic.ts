// What local instructions do to memory, element by element in view order, as docs/program.md sections 4.1 and 8 say it. Plain on
// purpose: this is the definition of values that the fast kernels of ../kernels are compared with, and shares no code with them.
import {
  is16Bit,
  type BinaryFn,
  type CompareFn,
  type ElementType,
  type ReduceFn,
  type UnaryFn,
} from "@waferc/ir/program";
import { bf16FromNumber, bf16ToNumber, f16FromNumber, f16ToNumber, roundBf16, roundF16 } from "@waferc/numerics";
import type { LocalStep } from "../image/code.ts";
import type { Operands } from "../image/operands.ts";
import type { ResolvedView } from "../image/view.ts";
import { cos, erf, exp, log, multiplyAddToOdd, sin, tanh } from "./elementary.ts";

const CANONICAL_NAN = 0x7fc00000;

/** The pool: the same words as integers, as f32 and as half words. */
export interface Memory {
  readonly words: Int32Array;
  readonly floats: Float32Array;
  readonly halves: Uint16Array;
}

/** Element of the pool (a word, or a half word for 16-bit types) that is number `index` of a view in view order. */
export function elementAt(view: ResolvedView, index: number): number {
  let element = view.start;
  for (let d = view.rank - 1; d >= 0; d--) {
    const count = view.counts[d]!;
    element += (index % count) * view.strides[d]!;
    index = Math.floor(index / count);
  }
  return element;
}

/** Bits of an element. */
export function loadBits(memory: Memory, type: ElementType, element: number): number {
  return is16Bit(type) ? memory.halves[element]! : memory.words[element]!;
}

export function storeBits(memory: Memory, type: ElementType, element: number, bits: number): void {
  if (is16Bit(type)) memory.halves[element] = bits;
  else memory.words[element] = bits;
}

export function load(memory: Memory, type: ElementType, element: number): number {
  return fromBits(type, loadBits(memory, type, element));
}

/** Stores the result of an arithmetic instruction: rounded to the type, NaN canonical. */
export function store(memory: Memory, type: ElementType, element: number, value: number): void {
  storeBits(memory, type, element, toBits(type, value));
}

/** A result rounded to a float type, as a number. */
function round(type: ElementType, value: number): number {
  if (type === "f16") return roundF16(value);
  return type === "bf16" ? roundBf16(value) : Math.fround(value);
}

const FUNCTIONS: ReadonlySet<UnaryFn> = new Set(["rsqrt", "exp", "log", "erf", "tanh", "sin", "cos"]);

/** The result before it is rounded to the type; that of a function of a 16-bit operand is rounded to f32. */
export function unary(fn: UnaryFn, type: ElementType, a: number): number {
  const value = unaryOf(fn, type, a);
  return is16Bit(type) && FUNCTIONS.has(fn) ? Math.fround(value) : value;
}

function unaryOf(fn: UnaryFn, type: ElementType, a: number): number {
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
      if (type !== "i32") return a / b;
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

/** The bits of a value, rounded to the type, NaN canonical. */
export function toBits(type: ElementType, value: number): number {
  if (type === "i32") return value;
  if (type === "f16") return f16FromNumber(value);
  if (type === "bf16") return bf16FromNumber(value);
  if (Number.isNaN(value)) return CANONICAL_NAN;
  word32.setFloat32(0, value);
  return word32.getInt32(0);
}

/** The value that the bits of an element stand for. */
export function fromBits(type: ElementType, bits: number): number {
  if (type === "i32") return bits;
  if (type === "f16") return f16ToNumber(bits);
  if (type === "bf16") return bf16ToNumber(bits);
  word32.setInt32(0, bits);
  return word32.getFloat32(0);
}

/** Executes a local instruction whose operands are resolved and that has something to do. */
export function executeLocal(step: LocalStep, operands: Operands, memory: Memory): void {
  const { dst } = operands;
  const type = step.dst.type;
  if (step.op === "reduce") {
    executeReduce(step, operands, memory);
  } else if (step.op === "matmul") {
    executeMatmul(step, operands, memory);
  } else if (step.op === "gather") {
    executeGather(type, operands, memory);
  } else if (step.op === "scatter") {
    executeScatter(type, operands, memory);
  } else {
    for (let i = 0; i < dst.total; i++) executeElement(step, operands, memory, i, elementAt(dst, i));
  }
}

type ElementwiseStep = Exclude<LocalStep, { op: "reduce" | "matmul" | "gather" | "scatter" }>;

function executeElement(step: ElementwiseStep, operands: Operands, memory: Memory, i: number, element: number): void {
  const type = step.dst.type;
  const a = (of: ElementType) => (operands.aIsView ? load(memory, of, elementAt(operands.a, i)) : operands.aValue);
  const b = (of: ElementType) => (operands.bIsView ? load(memory, of, elementAt(operands.b, i)) : operands.bValue);
  switch (step.op) {
    case "fill":
      store(memory, type, element, step.value);
      return;
    case "iota": {
      const value = operands.start + i * step.step;
      store(memory, type, element, type === "i32" ? value | 0 : value);
      return;
    }
    case "copy":
      storeBits(memory, type, element, loadBits(memory, type, elementAt(operands.a, i)));
      return;
    case "cast": {
      const value = a(step.src.type);
      store(memory, type, element, type === "i32" ? castToInteger(value) : value);
      return;
    }
    case "unary":
      store(memory, type, element, unary(step.fn, type, a(type)));
      return;
    case "binary":
      store(memory, type, element, binary(step.fn, type, a(type), b(type)));
      return;
    case "compare":
      memory.words[element] = compare(step.fn, a(step.type), b(step.type));
      return;
    case "select": {
      const isFirst = memory.words[elementAt(operands.cond, i)] !== 0;
      const [isView, view, value] = isFirst
        ? [operands.aIsView, operands.a, operands.aValue]
        : [operands.bIsView, operands.b, operands.bValue];
      const bits = isView ? loadBits(memory, type, elementAt(view, i)) : toBits(type, value);
      storeBits(memory, type, element, bits);
      return;
    }
    default:
      step satisfies never;
  }
}

type Op<O extends LocalStep["op"]> = Extract<LocalStep, { readonly op: O }>;

function executeReduce({ fn, dst: to, src: from }: Op<"reduce">, { dst, a: src, k }: Operands, memory: Memory): void {
  for (let i = 0; i < dst.total; i++) {
    const element = elementAt(dst, i);
    for (let l = 0; l < k; l++) {
      const next = load(memory, from.type, elementAt(src, i * k + l));
      store(memory, to.type, element, combine(fn, to.type, load(memory, to.type, element), next));
    }
  }
}

function executeMatmul(step: Op<"matmul">, { dst, a, b, m, k, n }: Operands, memory: Memory): void {
  const { type } = step.dst;
  const factors = step.a.type;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const element = elementAt(dst, i * n + j);
      let accumulator = load(memory, type, element);
      let elementA = elementAt(a, i * k);
      let elementB = elementAt(b, j);
      for (let l = 0; l < k; l++) {
        const left = load(memory, factors, elementA);
        const right = load(memory, factors, elementB);
        accumulator = step.fused
          ? round(type, multiplyAddToOdd(left, right, accumulator))
          : round(type, round(type, left * right) + accumulator);
        elementA += a.strides[1]!;
        elementB += b.strides[0]!;
      }
      store(memory, type, element, accumulator);
    }
  }
}

/** Rows of dst from the rows of src that the index, with `start` as base, names. */
function executeGather(type: ElementType, { dst, a: src, b: index, m, k, n, start }: Operands, memory: Memory): void {
  for (let i = 0; i < k; i++) {
    const row = start + memory.words[elementAt(index, i)]!;
    for (let j = 0; j < n; j++) {
      const bits = row >= 0 && row < m ? loadBits(memory, type, elementAt(src, row * n + j)) : 0;
      storeBits(memory, type, elementAt(dst, i * n + j), bits);
    }
  }
}

/** Rows of src into the rows of dst that the index, less `start`, names. */
function executeScatter(type: ElementType, { dst, a: src, b: index, m, k, n, start }: Operands, memory: Memory): void {
  for (let i = 0; i < k; i++) {
    const row = memory.words[elementAt(index, i)]! - start;
    if (row < 0 || row >= m) continue;
    for (let j = 0; j < n; j++) {
      storeBits(memory, type, elementAt(dst, row * n + j), loadBits(memory, type, elementAt(src, i * n + j)));
    }
  }
}
