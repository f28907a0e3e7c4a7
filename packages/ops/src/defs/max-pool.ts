// MaxPool: the largest element of each window (NaN wins), and on request where it is: its index in x, counted row-major or,
// with storage_order 1, with the axes of the plane column-major. Of equal elements the first counts. A window
// in the padding gives the least value and index -1.
import type { ValueType } from "@waferc/ir/graph";
import { elementCount, makeTensor } from "@waferc/numerics";
import { flag } from "../attr-spec.ts";
import { forPoolStretches, poolFlops, POOL_ATTRS, pooledShape, poolWindows } from "../families/pooling.ts";
import { finishNumbers, newNumbers, numbersOf } from "../math/scalars.ts";
import { defineOp } from "../op-definition.ts";

const LEAST: Readonly<Record<string, number>> = { i8: -128, u8: 0 };

/** Index in a row-major plane to index in a column-major one. */
function columnMajor(index: number, plane: readonly number[]): number {
  let [rest, moved, stride] = [index, 0, elementCount(plane)];
  for (let axis = plane.length - 1; axis >= 0; axis--) {
    stride /= plane[axis]!;
    moved += (rest % plane[axis]!) * stride;
    rest = Math.floor(rest / plane[axis]!);
  }
  return moved;
}

export const maxPoolOp = defineOp({
  kind: "MaxPool",
  versions: [1, 8, 10, 11, 12, 22],
  traits: ["reduction"],
  attrs: { ...POOL_ATTRS, storage_order: flag(false) },
  operands: [1, 1],
  results: [1, 2],
  infer: ({ attrs, operand }): ValueType[] => {
    const { dtype, shape: given } = operand(0);
    const shape = given && pooledShape(attrs, given);
    return [
      { dtype, shape },
      { dtype: "i64", shape },
    ];
  },
  evaluate: ({ attrs, operand, result, resultCount }) => {
    const x = operand(0);
    const { dtype, shape } = result(0);
    const windows = poolWindows(attrs, x.shape, shape);
    const [from, to] = [numbersOf(x), newNumbers(dtype, elementCount(shape))];
    const winners = new Float64Array(to.length);
    forPoolStretches(windows, elementCount(shape.slice(0, 2)), ({ offsets, start, count, target }) => {
      const best = new Float64Array(count).fill(LEAST[dtype] ?? -Infinity);
      const bestAt = new Int32Array(count).fill(-1);
      for (let at = 0; at < offsets.length; at++) {
        const [offset, i] = [offsets[at]!, at % count];
        if (offset < 0) continue;
        const value = from[start + offset]!;
        if (value <= best[i]! && bestAt[i]! >= 0) continue;
        if (Number.isNaN(best[i])) continue;
        best[i] = value;
        bestAt[i] = offset;
      }
      for (let i = 0; i < count; i++) {
        const at = bestAt[i]!;
        to[target + i] = best[i]!;
        if (at < 0) winners[target + i] = -1;
        else winners[target + i] = start + (attrs.storage_order ? columnMajor(at, windows.plane) : at);
      }
    });
    const values = finishNumbers(dtype, shape, to);
    if (resultCount < 2) return [values];
    return [values, makeTensor("i64", shape, BigInt64Array.from(winners, BigInt))];
  },
  flops: poolFlops,
});
