// Local instructions on terms (docs/program.md section 4.1). Functions that commute give the same term in both orders, bit by bit they are equal.
// Hot loops: one term for each scalar operation.
import type {
  BinaryFn,
  Code,
  CompareFn,
  ElementType,
  Expr,
  LocalInstruction,
  ReduceFn,
  Source,
  View,
} from "@waferc/ir/program";
import { elementBytes, is16Bit } from "@waferc/ir/program";
import { bf16FromNumber, f16FromNumber } from "@waferc/numerics";
import { apply, applyCommutative, bitsOfConstant, constantTerm, integerTerm, tagOf } from "./term.ts";
import type { Term } from "./term.ts";

/** What an instruction sees of its core. */
export interface CoreState {
  readonly code: Code;
  /** By half word of SRAM; elements of 32 bits are at the first of theirs. */
  readonly memory: Float64Array;
  readonly evaluate: (expr: Expr) => number;
  /** Whether identities of finite numbers hold: x - x is 0, max(-inf, x) is x, 1 * x is x. */
  readonly isFinite: boolean;
}

/** Half words of a view's elements, in view order; none if a count is 0 or less. */
export function addressesOf({ code, evaluate }: CoreState, view: View): Int32Array {
  const counts = view.dims.map(({ count }) => Math.max(0, evaluate(count)));
  const size = counts.reduce((product, count) => product * count, 1);
  const addresses = new Int32Array(size);
  if (size === 0) return addresses;
  const { address, type } = code.buffers[view.buffer]!;
  const scale = elementBytes(type) / 2;
  addresses[0] = address / 2 + scale * evaluate(view.offset);
  // From the outermost dimension inward, each prefix becomes a row; rows are spaced for what follows.
  let filled = 1;
  let spacing = size;
  view.dims.forEach(({ stride }, d) => {
    const inner = spacing / counts[d]!;
    for (let row = 0; row < filled; row++) {
      const start = addresses[row * spacing]!;
      for (let i = 1; i < counts[d]!; i++) addresses[row * spacing + i * inner] = start + i * scale * stride;
    }
    filled *= counts[d]!;
    spacing = inner;
  });
  return addresses;
}

const COMMUTATIVE: ReadonlySet<string> = new Set(["add", "mul", "min", "max", "eq", "ne"]);

const ZERO = constantTerm(0);
const ONE = constantTerm(bitsOf(1, "f32"));
const LEAST = constantTerm(bitsOf(-Infinity, "f32"));

/** The term of a function of two arguments. */
export function functionOf(
  fn: BinaryFn | ReduceFn | CompareFn,
  type: ElementType,
  { isFinite }: Pick<CoreState, "isFinite">,
): (a: Term, b: Term) => Term {
  const tag = tagOf(`${fn} ${type}`);
  const combine = COMMUTATIVE.has(fn) ? applyCommutative : apply;
  const plain = (a: Term, b: Term): Term => combine(tag, a, b);
  if (!isFinite || type !== "f32") return plain;
  if (fn === "sub") return (a, b) => (a === b ? ZERO : plain(a, b));
  if (fn === "max") return (a, b) => (a === LEAST ? b : b === LEAST ? a : plain(a, b));
  if (fn === "mul") return (a, b) => (a === ONE ? b : b === ONE ? a : plain(a, b));
  return plain;
}

export function executeLocal(core: CoreState, instruction: LocalInstruction): void {
  const dst = addressesOf(core, instruction.dst);
  if (dst.length === 0) return;
  const { memory } = core;
  const type = core.code.buffers[instruction.dst.buffer]!.type;
  const write = (value: (j: number) => Term): void => {
    for (let j = 0; j < dst.length; j++) memory[dst[j]!] = value(j);
  };
  switch (instruction.op) {
    case "fill": {
      const term = constantTerm(bitsOf(instruction.value, type));
      return write(() => term);
    }
    case "iota": {
      const { start, step } = instruction;
      if (type === "i32") return write((j) => constantTerm((core.evaluate(start) + j * step) | 0));
      const [tag, element] = [tagOf(`iota ${type} ${step}`), tagOf("element")];
      const origin = integerTerm(tag, core.evaluate(start));
      return write((j) => apply(element, origin, j));
    }
    case "copy":
      return write(reader(core, { kind: "view", view: instruction.src }, type));
    case "cast": {
      const tag = tagOf(`cast ${core.code.buffers[instruction.src.buffer]!.type} ${type}`);
      const src = reader(core, { kind: "view", view: instruction.src }, type);
      return write((j) => apply(tag, src(j), 0));
    }
    case "unary": {
      const tag = tagOf(`${instruction.fn} ${type}`);
      const src = reader(core, instruction.src, type);
      const isExp = instruction.fn === "exp";
      return write((j) => (isExp && src(j) === ZERO ? ONE : apply(tag, src(j), 0)));
    }
    case "binary":
    case "compare": {
      const operandType = instruction.op === "binary" ? type : comparedType(core.code, instruction.a, instruction.b);
      const combine = functionOf(instruction.fn, operandType, core);
      const [a, b] = [reader(core, instruction.a, operandType), reader(core, instruction.b, operandType)];
      return write((j) => combine(a(j), b(j)));
    }
    case "select": {
      const cond = reader(core, { kind: "view", view: instruction.cond }, "i32");
      const [a, b] = [reader(core, instruction.a, type), reader(core, instruction.b, type)];
      const [test, choice] = [tagOf("select"), tagOf("else")];
      return write((j) => (a(j) === b(j) ? a(j) : apply(choice, apply(test, cond(j), a(j)), b(j))));
    }
    case "reduce": {
      const src = addressesOf(core, instruction.src);
      const n = src.length / dst.length;
      const combine = functionOf(instruction.fn, type, core);
      const widened = widening(core.code.buffers[instruction.src.buffer]!.type, type);
      return write((j) => {
        let term = memory[dst[j]!]!;
        for (let i = 0; i < n; i++) term = combine(term, widened(memory[src[j * n + i]!]!));
        return term;
      });
    }
    case "matmul":
      return multiply(core, instruction, dst);
    case "gather":
      return gather(core, instruction, dst);
    case "scatter":
      return scatter(core, instruction, dst);
    default:
      return instruction satisfies never;
  }
}

function multiply(
  core: CoreState,
  { dst: to, a, b, fused }: Extract<LocalInstruction, { readonly op: "matmul" }>,
  dst: Int32Array,
): void {
  const { memory } = core;
  const n = core.evaluate(b.dims[1]!.count);
  const k = core.evaluate(b.dims[0]!.count);
  const [left, right] = [addressesOf(core, a), addressesOf(core, b)];
  const fma = tagOf(`fma ${core.code.buffers[to.buffer]!.type}`);
  const { type } = core.code.buffers[to.buffer]!;
  const [add, mul] = [functionOf("add", type, core), functionOf("mul", type, core)];
  const factors = core.code.buffers[a.buffer]!.type;
  const widened = widening(factors, type);
  // Of f16 in f32.
  const areProductsExact = factors === "f16" && type === "f32";
  for (let j = 0; j < dst.length && k > 0; j++) {
    const row = Math.floor(j / n) * k;
    const column = j % n;
    let term = memory[dst[j]!]!;
    for (let l = 0; l < k; l++) {
      const [factor, other] = [widened(memory[left[row + l]!]!), widened(memory[right[l * n + column]!]!)];
      const product = mul(factor, other);
      // A product that is one of its factors is exact.
      const isExact = !fused || areProductsExact || product === factor || product === other;
      term = isExact ? add(term, product) : apply(fma, term, product);
    }
    memory[dst[j]!] = term;
  }
}

/** What a term of one type is as an operand of another. */
function widening(from: ElementType, to: ElementType): (term: Term) => Term {
  if (from === to) return (term) => term;
  const tag = tagOf(`widen ${from}`);
  return (term) => apply(tag, term, 0);
}

type RowsInstruction = Extract<LocalInstruction, { readonly op: "gather" | "scatter" }>;

/** A row whose index is a constant is one of the table's or zeros; any other is a function of the index and of the whole table. */
function gather(core: CoreState, { src, index, base }: RowsInstruction, dst: Int32Array): void {
  const { memory, evaluate } = core;
  const [from, names] = [addressesOf(core, src), addressesOf(core, index)];
  const width = dst.length / names.length;
  const [row, table] = [tagOf("row"), tagOf("table")];
  const columns = Array.from({ length: width }, (_, j) => {
    let digest = integerTerm(table, from.length / width);
    for (let at = j; at < from.length; at += width) digest = apply(table, digest, memory[from[at]!]!);
    return digest;
  });
  const offset = integerTerm(tagOf("base"), evaluate(base));
  for (let j = 0; j < dst.length; j++) {
    const name = memory[names[Math.floor(j / width)]!]!;
    const known = bitsOfConstant(name);
    if (known === undefined) {
      memory[dst[j]!] = apply(row, apply(row, name, offset), columns[j % width]!);
      continue;
    }
    const at = evaluate(base) + known;
    const isInside = at >= 0 && at < from.length / width;
    memory[dst[j]!] = isInside ? memory[from[at * width + (j % width)]!]! : ZERO;
  }
}

/** What a row becomes is the last row that goes there, or, as soon as an index is not known, a function of all that may. */
function scatter(core: CoreState, { src, index, base }: RowsInstruction, dst: Int32Array): void {
  const { memory, evaluate } = core;
  const [from, names] = [addressesOf(core, src), addressesOf(core, index)];
  if (from.length === 0) return;
  const width = from.length / names.length;
  const known = Array.from(names, (name) => bitsOfConstant(memory[name]!));
  if (known.every((index) => index !== undefined)) {
    for (const [i, index] of known.entries()) {
      const at = (index - evaluate(base)) * width;
      for (let j = 0; j < width && at >= 0 && at < dst.length; j++)
        memory[dst[at + j]!] = memory[from[i * width + j]!]!;
    }
    return;
  }
  const [put, place] = [tagOf("put"), tagOf("place")];
  for (let at = 0; at < dst.length; at++) {
    const row = integerTerm(place, Math.floor(at / width) + evaluate(base));
    let term = memory[dst[at]!]!;
    for (const [i, name] of names.entries()) {
      const item = apply(put, apply(place, memory[name]!, row), memory[from[i * width + (at % width)]!]!);
      term = apply(put, term, item);
    }
    memory[dst[at]!] = term;
  }
}

function reader(core: CoreState, source: Source, type: ElementType): (j: number) => Term {
  if (source.kind === "view") {
    const { memory } = core;
    const addresses = addressesOf(core, source.view);
    return (j) => memory[addresses[j]!]!;
  }
  const value = source.kind === "literal" ? source.value : core.evaluate(source.expr);
  const term = constantTerm(bitsOf(value, type));
  return () => term;
}

function comparedType(code: Code, a: Source, b: Source): ElementType {
  const view = a.kind === "view" ? a.view : b.kind === "view" ? b.view : undefined;
  return view ? code.buffers[view.buffer]!.type : "f32";
}

/** A literal rounded to the type. */
function bitsOf(value: number, type: ElementType): number {
  if (is16Bit(type)) return type === "f16" ? f16FromNumber(value) : bf16FromNumber(value);
  if (type === "f32") return Number.isNaN(value) ? 0x7fc00000 : new Int32Array(new Float32Array([value]).buffer)[0]!;
  if (Number.isNaN(value)) return 0;
  const below = Math.floor(value);
  const isUp = value - below > 0.5 || (value - below === 0.5 && below % 2 !== 0);
  return Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), isUp ? below + 1 : below)) | 0;
}
