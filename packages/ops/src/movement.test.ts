// Ops that move elements, on every dtype: the same op on the elements' indices says which element belongs where.
import { attr, attrsOf } from "@waferc/ir/graph";
import type { Attrs } from "@waferc/ir/graph";
import {
  ALL_DTYPES,
  byteLengthOf,
  codesOf,
  isPacked,
  makeTensor,
  tensorFromBytes,
  tensorOf,
  tensorOfCodes,
  toValues,
} from "@waferc/numerics";
import type { DType, Tensor } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { evaluateOp } from "./evaluate.ts";
import { findOp } from "./op-table.ts";

const OPSET = 25;
const SHAPE = [3, 5];
const COUNT = 15;

const i64 = (...values: number[]): Tensor => tensorOf("i64", [values.length], values);

/** 15 elements whose bytes differ; packed ones repeat after a while. */
function sample(dtype: DType): Tensor {
  if (dtype === "string") {
    return makeTensor(
      "string",
      SHAPE,
      Array.from({ length: COUNT }, (_, i) => `s${i}`),
    );
  }
  if (isPacked(dtype)) {
    const codes = Array.from({ length: COUNT }, (_, i) => i * 7 + 1);
    return tensorOfCodes(dtype, SHAPE, codes);
  }
  const isBool = dtype === "bool";
  const bytes = Uint8Array.from({ length: byteLengthOf(dtype, COUNT) }, (_, i) =>
    isBool ? i % 2 : (i * 37 + 11) % 256,
  );
  return tensorFromBytes(dtype, SHAPE, bytes);
}

/** Array elements of a tensor by element. */
function elementsOf(tensor: Tensor): unknown[][] {
  const stored = Array.from(codesOf(tensor) as Iterable<unknown>);
  const width = stored.length / tensor.shape.reduce((a, b) => a * b, 1);
  return Array.from({ length: stored.length / width }, (_, i) => stored.slice(i * width, (i + 1) * width));
}

const MOVES: readonly [string, (x: Tensor) => (Tensor | undefined)[], Attrs][] = [
  ["Transpose", (x) => [x], new Map()],
  ["Reshape", (x) => [x, i64(5, 3)], new Map()],
  ["Identity", (x) => [x], new Map()],
  ["Concat", (x) => [x, x], attrsOf({ axis: attr.int(1) })],
  ["Gather", (x) => [x, i64(4, -1, 0)], attrsOf({ axis: attr.int(1) })],
  ["Slice", (x) => [x, i64(4), i64(-9), i64(1), i64(-2)], new Map()],
  ["Expand", (x) => [x, i64(2, 3, 5)], new Map()],
  ["Tile", (x) => [x, i64(1, 2)], new Map()],
  ["Pad", (x) => [x, i64(1, 1, 0, 2)], attrsOf({ mode: attr.string("edge") })],
  ["Split", (x) => [x, i64(2, 3)], attrsOf({ axis: attr.int(1) })],
  ["Unsqueeze", (x) => [x, i64(1)], new Map()],
  ["GatherND", (x) => [x, tensorOf("i64", [2, 2], [2, 4, 0, 1])], new Map()],
  ["GatherElements", (x) => [x, tensorOf("i64", [1, 5], [2, 1, 0, 1, 2])], new Map()],
  ["ScatterND", (x) => [x, tensorOf("i64", [1, 1], [0]), firstRow(x)], new Map()],
];

function firstRow(x: Tensor): Tensor {
  const op = { domain: "", kind: "Slice", version: 13, attrs: new Map(), results: [0 as never] };
  return evaluateOp(op, [x, i64(2), i64(3), i64(0)])[0]!;
}

describe.each(ALL_DTYPES.filter((dtype) => dtype !== "c128"))("%s", (dtype) => {
  it.each(MOVES)("is moved by %s as indices are", (kind, operandsOf, attrs) => {
    const version = findOp("", kind, OPSET)!.version;
    const run = (x: Tensor): Tensor => {
      const results = kind === "Split" ? [0, 1] : [0];
      return evaluateOp({ domain: "", kind, version, attrs, results: results as never[] }, operandsOf(x))[0]!;
    };
    const x = sample(dtype);
    const indices = run(
      tensorOf(
        "i64",
        SHAPE,
        Array.from({ length: COUNT }, (_, i) => i),
      ),
    );
    const [moved, elements] = [run(x), elementsOf(x)];
    expect(moved.dtype).toBe(dtype);
    expect(moved.shape).toEqual(indices.shape);
    expect(elementsOf(moved)).toEqual(toValues(indices).map((index) => elements[Number(index)]));
  });
});
