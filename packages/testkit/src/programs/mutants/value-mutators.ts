// Single faults in what instructions compute: functions, literals, operands.
import type { Rng } from "@waferc/base";
import type { Instruction, Source } from "@waferc/ir/program";
import { changeOne } from "./change-one.ts";
import { isOp, isSame } from "./edit.ts";
import { mutator } from "./mutator.ts";
import type { Mutator } from "./mutator.ts";

const REDUCTIONS = ["add", "max", "min"] as const;
const FORWARDS = ["store", "add", "max", "min"] as const;
const BINARIES = ["add", "sub", "mul", "div", "min", "max"] as const;
const UNARIES = ["neg", "abs", "exp", "log", "erf", "tanh", "sin", "cos", "sqrt", "rsqrt", "recip", "floor"] as const;
const INTEGER_UNARIES = ["neg", "abs"] as const;
const COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"] as const;

const reduceFn = mutator("reduce-fn", "a reduction has another function", (program, rng) =>
  changeOne(program, rng, isOp("reduce", "recv_reduce"), (i) => {
    if (i.op !== "reduce" && i.op !== "recv_reduce") return undefined;
    const fn = other(rng, REDUCTIONS, i.fn);
    return { what: `${fn} for ${i.fn}`, list: [{ ...i, fn }] };
  }),
);

const otherFn = mutator("function", "an element-wise instruction or forward has another function", (program, rng) =>
  changeOne(program, rng, isOp("unary", "binary", "compare", "forward"), (i, { buffers }) => {
    const changed = withOtherFn(rng, i, (buffer) => buffers[buffer]?.type);
    return changed && "fn" in changed ? { what: `${changed.fn}`, list: [changed] } : undefined;
  }),
);

function withOtherFn(
  rng: Rng,
  i: Instruction,
  typeOf: (buffer: number) => string | undefined,
): Instruction | undefined {
  switch (i.op) {
    case "unary":
      return { ...i, fn: other(rng, typeOf(i.dst.buffer) === "i32" ? INTEGER_UNARIES : UNARIES, i.fn) };
    case "binary":
      return { ...i, fn: other(rng, BINARIES, i.fn) };
    case "compare":
      return { ...i, fn: other(rng, COMPARISONS, i.fn) };
    case "forward":
      return i.view ? { ...i, fn: other(rng, FORWARDS, i.fn) } : undefined;
    default:
      return undefined;
  }
}

function other<T extends string>(rng: Rng, fns: readonly T[], fn: string): T {
  return rng.pick(fns.filter((candidate) => candidate !== fn));
}

const fusion = mutator("matmul-fused", "a matmul is fused that should not be, or the reverse", (program, rng) =>
  changeOne(program, rng, isOp("matmul"), (i) =>
    i.op === "matmul" ? { what: i.fused ? "unfused" : "fused", list: [{ ...i, fused: !i.fused }] } : undefined,
  ),
);

const literal = mutator("literal", "a literal is another number", (program, rng) => {
  const isLiteral = (source: Source) => source.kind === "literal";
  const hasLiteral = (i: Instruction) =>
    i.op === "fill" || ("a" in i && i.op !== "matmul" && (isLiteral(i.a) || isLiteral(i.b)));
  return changeOne(program, rng, hasLiteral, (i) => {
    const shifted = (value: number) => (value === 0 || !Number.isFinite(value) ? 1 : value * rng.pick([-1, 2, 0.5]));
    if (i.op === "fill") {
      const value = shifted(i.value);
      return { what: `${value} for ${i.value}`, list: [{ ...i, value }] };
    }
    if (!("a" in i) || i.op === "matmul") return undefined;
    const key = isLiteral(i.b) ? "b" : "a";
    const source = i[key];
    if (source.kind !== "literal") return undefined;
    const value = shifted(source.value);
    return { what: `${value} for ${source.value}`, list: [{ ...i, [key]: { kind: "literal", value } }] };
  });
});

/** Where order matters. */
const swappedOperands = mutator(
  "operands-swapped",
  "the operands of a sub, div, comparison, select or matmul are swapped",
  (program, rng) => {
    const isOrdered = (i: Instruction) =>
      (i.op === "binary" && (i.fn === "sub" || i.fn === "div")) ||
      (i.op === "compare" && i.fn !== "eq" && i.fn !== "ne") ||
      i.op === "select" ||
      i.op === "matmul";
    return changeOne(program, rng, isOrdered, (i) =>
      "a" in i && !isSame(i.a, i.b)
        ? { what: "a and b swapped", list: [{ ...i, a: i.b, b: i.a } as Instruction] }
        : undefined,
    );
  },
);

/** A local instruction writes where it should read and the reverse. */
const swappedBuffers = mutator("destination-swapped", "a copy goes the other way", (program, rng) =>
  changeOne(
    program,
    rng,
    (i) => i.op === "copy" && !isSame(i.dst, i.src),
    (i) =>
      i.op === "copy"
        ? { what: "source and destination swapped", list: [{ ...i, dst: i.src, src: i.dst }] }
        : undefined,
  ),
);

export const valueMutators: readonly Mutator[] = [reduceFn, otherFn, fusion, literal, swappedOperands, swappedBuffers];
