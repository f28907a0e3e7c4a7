import { attr, attrsOf } from "@waferc/ir/graph";
import type { Attrs } from "@waferc/ir/graph";
import { describe, expect, it } from "vitest";
import { flopsOf, macsOf } from "./cost.ts";
import type { StaticType } from "./op-definition.ts";

const f32 = (...shape: number[]): StaticType => ({ dtype: "f32", shape });
const op = (kind: string, version: number, attrs: Attrs = new Map()) => ({
  domain: "",
  kind,
  version,
  attrs,
  results: [0 as never],
});

describe("costs", () => {
  it("counts one multiply-accumulate for each product of a matrix product", () => {
    expect(macsOf(op("MatMul", 13), [f32(2, 3, 4), f32(4, 5)], [f32(2, 3, 5)])).toBe(2 * 3 * 4 * 5);
    expect(flopsOf(op("MatMul", 13), [f32(3, 4), f32(4, 5)], [f32(3, 5)])).toBe(2 * 3 * 4 * 5);
    const transposed = op("Gemm", 13, attrsOf({ transA: attr.int(1) }));
    expect(macsOf(transposed, [f32(4, 3), f32(4, 5)], [f32(3, 5)])).toBe(3 * 4 * 5);
    expect(
      macsOf(op("Einsum", 12, attrsOf({ equation: attr.string("bik,bjk->bij") })), [f32(2, 3, 4), f32(2, 5, 4)], []),
    ).toBe(120);
  });

  it("counts both products of attention, for every query head", () => {
    const operands = [f32(1, 6, 8, 16), f32(1, 3, 10, 16), f32(1, 3, 10, 16)];
    expect(macsOf(op("Attention", 23), operands, [f32(1, 6, 8, 16)])).toBe(6 * 8 * 10 * 32);
  });

  it("counts elements of elementwise ops and reductions, and nothing for movement or integers", () => {
    expect(flopsOf(op("Add", 14), [f32(2, 3), f32(3)], [f32(2, 3)])).toBe(6);
    expect(flopsOf(op("ReduceSum", 13), [f32(2, 3)], [f32(2, 1)])).toBe(6);
    expect(flopsOf(op("Transpose", 13), [f32(2, 3)], [f32(3, 2)])).toBe(0);
    const i64 = { dtype: "i64", shape: [6] } as const;
    expect(flopsOf(op("Add", 14), [i64, i64], [i64])).toBe(0);
  });
});
