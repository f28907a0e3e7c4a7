// Evaluation against plain loops over indices, on random shapes that broadcast.
import { InternalError, Rng } from "@waferc/base";
import { attr, attrsOf } from "@waferc/ir/graph";
import type { Attrs } from "@waferc/ir/graph";
import { elementAt, elementCount, stridesOf, tensorOf, toFloat64, toValues } from "@waferc/numerics";
import type { DType, Tensor } from "@waferc/numerics";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateOp, foldOp } from "./evaluate.ts";
import { OpError } from "./op-error.ts";
import { findOp } from "./op-table.ts";

const OPSET = 24;

function evaluate(kind: string, operands: (Tensor | undefined)[], attrs: Attrs = new Map(), results = 1): Tensor {
  const version = findOp("", kind, OPSET)!.version;
  const op = { domain: "", kind, version, attrs, results: Array(results).fill(0) };
  return evaluateOp(op, operands)[0]!;
}

function randomTensor(dtype: DType, shape: readonly number[], rng: Rng): Tensor {
  const isFloat = dtype.startsWith("f") || dtype === "bf16";
  return tensorOf(
    dtype,
    shape,
    Array.from({ length: elementCount(shape) }, () => (isFloat ? rng.normal() : rng.between(1, 9))),
  );
}

/** Row-major multi-index of an offset. */
function indexOf(offset: number, shape: readonly number[]): number[] {
  const strides = stridesOf(shape);
  return shape.map((length, axis) => Math.floor(offset / strides[axis]!) % length);
}

/** The element that broadcasts to an index. */
function broadcastElement(tensor: Tensor, index: readonly number[]): number {
  const skipped = index.length - tensor.shape.length;
  const strides = stridesOf(tensor.shape);
  const at = tensor.shape.reduce((sum, length, i) => sum + (length === 1 ? 0 : index[skipped + i]! * strides[i]!), 0);
  return Number(elementAt(tensor, at));
}

/** Two shapes that broadcast, and the result's. */
const shapes = fc
  .array(fc.record({ length: fc.integer({ min: 1, max: 4 }), a: fc.boolean(), b: fc.boolean() }), { maxLength: 4 })
  .chain((axes) =>
    fc.record({ skipA: fc.integer({ min: 0, max: axes.length }), skipB: fc.constant(0) }).map(({ skipA, skipB }) => {
      const of = (which: "a" | "b", skip: number): number[] =>
        axes.slice(skip).map((axis) => (axis[which] ? axis.length : 1));
      const [a, b] = [of("a", skipA), of("b", skipB)];
      const result = axes.map((_, i) => Math.max(a[i - skipA] ?? 1, b[i] ?? 1));
      return { a, b, result };
    }),
  );

describe("elementwise ops", () => {
  const functions: readonly [string, (a: number, b: number) => number][] = [
    ["Add", (a, b) => a + b],
    ["Sub", (a, b) => a - b],
    ["Mul", (a, b) => a * b],
    ["Div", (a, b) => a / b],
    ["Max", Math.max],
    ["Pow", (a, b) => a ** b],
  ];

  it.each(functions)("%s broadcasts as plain loops do and rounds once", (kind, fn) => {
    fc.assert(
      fc.property(shapes, fc.integer(), ({ a, b, result }, seed) => {
        const rng = new Rng(seed);
        const [x, y] = [randomTensor("f32", a, rng), randomTensor("f32", b, rng)];
        const actual = evaluate(kind, [x, y]);
        expect(actual.shape).toEqual(result);
        toFloat64(actual).forEach((value, i) => {
          const index = indexOf(i, result);
          expect(value).toBe(Math.fround(fn(broadcastElement(x, index), broadcastElement(y, index))));
        });
      }),
      { numRuns: 50 },
    );
  });

  it("compute 64-bit integers exactly", () => {
    const big = tensorOf("i64", [2], [2n ** 62n, -(2n ** 62n) - 1n]);
    expect(toValues(evaluate("Add", [big, big]))).toEqual([-(2n ** 63n), 2n ** 63n - 2n]);
    expect(toValues(evaluate("Div", [big, tensorOf("i64", [], [-3n])]))).toEqual([
      -1537228672809129301n,
      1537228672809129301n,
    ]);
  });

  it("round f16 and bf16 once, from double precision", () => {
    // 1 + 2^-11 + 2^-30 lies just above the middle of two f16 values; rounding to f32 first would lose the last term.
    const [x, y] = [tensorOf("f32", [1], [1]), tensorOf("f32", [1], [2 ** -11])];
    expect(
      toValues(
        evaluate("Add", [evaluate("Cast", [x], attrsOf({ to: attr.int(10) })), tensorOf("f16", [1], [2 ** -11])]),
      ),
    ).toEqual([1]);
    expect(
      toValues(evaluate("Cast", [tensorOf("f64", [1], [1 + 2 ** -11 + 2 ** -30])], attrsOf({ to: attr.int(10) }))),
    ).toEqual([1 + 2 ** -10]);
    expect(toValues(evaluate("Add", [x, y]))).toEqual([1 + 2 ** -11]);
  });
});

describe("MatMul", () => {
  it("is the sum of products in double precision, rounded once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 5 }), fc.integer(), (k, n, seed) => {
        const rng = new Rng(seed);
        const [a, b] = [randomTensor("f32", [2, 3, k], rng), randomTensor("f32", [k, n], rng)];
        const actual = evaluate("MatMul", [a, b]);
        expect(actual.shape).toEqual([2, 3, n]);
        toFloat64(actual).forEach((value, i) => {
          const [stack, row, column] = indexOf(i, actual.shape) as [number, number, number];
          let sum = 0;
          for (let j = 0; j < k; j++)
            sum += Number(elementAt(a, (stack * 3 + row) * k + j)) * Number(elementAt(b, j * n + column));
          expect(Math.abs(value - sum)).toBeLessThanOrEqual(2 ** -24 * Math.abs(sum) + 1e-15);
        });
      }),
      { numRuns: 50 },
    );
  });

  it("takes vectors on either side", () => {
    const v = tensorOf("f32", [2], [1, 2]);
    const m = tensorOf("f32", [2, 2], [1, 2, 3, 4]);
    expect([evaluate("MatMul", [v, m]).shape, toValues(evaluate("MatMul", [v, m]))]).toEqual([[2], [7, 10]]);
    expect([evaluate("MatMul", [v, v]).shape, toValues(evaluate("MatMul", [v, v]))]).toEqual([[], [5]]);
  });
});

describe("evaluateOp", () => {
  it("refuses operands that break the rules", () => {
    const [a, b] = [tensorOf("f32", [2], [1, 2]), tensorOf("f32", [3], [1, 2, 3])];
    expect(() => evaluate("Add", [a, b])).toThrow(OpError);
    expect(() => evaluate("Gather", [a, tensorOf("i64", [1], [2])])).toThrow(/indices in -2 .. 1/);
  });

  it("holds results against the shape rule", () => {
    // A second result that TopK has been asked for is there; a third is against its arity.
    const k = tensorOf("i64", [1], [1]);
    expect(() => evaluate("TopK", [tensorOf("f32", [2], [1, 2]), k], new Map(), 3)).toThrow(OpError);
    expect(() => evaluate("TopK", [tensorOf("f32", [2], [1, 2]), k], new Map(), 2)).not.toThrow(InternalError);
  });
});

describe("foldOp", () => {
  const op = (kind: string) => ({
    domain: "",
    kind,
    version: findOp("", kind, OPSET)!.version,
    attrs: new Map(),
    results: [0 as never],
  });

  it("folds what follows from types alone", () => {
    const folded = foldOp(op("Shape"), [{ dtype: "f32", shape: [2, 3] }], [undefined]);
    expect(toValues(folded![0]!)).toEqual([2n, 3n]);
    expect(foldOp(op("Shape"), [{ dtype: "f32", shape: ["batch", 3] }], [undefined])).toBeUndefined();
  });

  it("folds ops on constants up to a size", () => {
    const x = tensorOf("f32", [4], [1, 2, 3, 4]);
    expect(toValues(foldOp(op("Neg"), [x], [x])![0]!)).toEqual([-1, -2, -3, -4]);
    expect(foldOp(op("Neg"), [x], [x], 3)).toBeUndefined();
    expect(foldOp(op("Neg"), [x], [undefined])).toBeUndefined();
  });
});
