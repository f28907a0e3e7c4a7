// TopK: the k largest (or smallest) elements along an axis and their indices. Ties go to the lower index; results are
// sorted also where that is not asked for. k was an attribute until opset 9.
import type { Dim, ValueType } from "@waferc/ir/graph";
import { elementCount, makeTensor } from "@waferc/numerics";
import { flag, int } from "../attr-spec.ts";
import { comparablesOf } from "../math/scalars.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxis } from "../shapes.ts";

export const topKOp = defineOp({
  kind: "TopK",
  versions: [1, 10, 11, 24],
  attrs: { axis: int(-1), k: int(), largest: flag(true), sorted: flag(true) },
  operands: [1, 2],
  results: [1, 2],
  infer: ({ version, attrs, operand, ints }): ValueType[] => {
    const { dtype, shape } = operand(0);
    if (shape === undefined) return [{ dtype }, { dtype: "i64" }];
    const axis = normalAxis(attrs.axis, shape.length);
    const k: Dim = (version < 10 ? attrs.k : ints(1)?.[0]) ?? "?";
    const length = shape[axis] as Dim;
    const isLegal = typeof k !== "number" || typeof length !== "number" || k <= length;
    require(isLegal, () => `cannot take ${k} of ${length} elements`);
    return [
      { dtype, shape: shape.with(axis, k) },
      { dtype: "i64", shape: shape.with(axis, k) },
    ];
  },
  evaluate: ({ attrs, operand, result }) => {
    const x = operand(0);
    const { dtype, shape } = result(0);
    const axis = normalAxis(attrs.axis, shape.length);
    const [k, length, inner] = [shape[axis]!, x.shape[axis]!, elementCount(shape.slice(axis + 1))];
    const values = comparablesOf(x);
    const from = unitsOf(x) as Uint32Array; // one width at run time
    const to = newUnits(from, elementCount(shape)) as Uint32Array;
    const indices = new BigInt64Array(to.length);
    const sign = attrs.largest ? 1 : -1;
    for (let line = 0; line < (k === 0 ? 0 : to.length / k); line++) {
      const start = Math.floor(line / inner) * length * inner + (line % inner);
      const at = (i: number): number => values[start + i * inner]!;
      const order = Array.from({ length }, (_, i) => i).sort((a, b) => -sign * compare(at(a), at(b)) || a - b);
      for (let i = 0; i < k; i++) {
        const target = (Math.floor(line / inner) * k + i) * inner + (line % inner);
        to[target] = from[start + order[i]! * inner]!;
        indices[target] = BigInt(order[i]!);
      }
    }
    return [tensorOfUnits(dtype, shape, to), makeTensor("i64", shape, indices)];
  },
});

/** Total order of numbers and of bigints, NaN above all. */
function compare(a: number, b: number): number {
  if (a === b) return 0;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : 1;
}
