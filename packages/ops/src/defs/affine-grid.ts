// AffineGrid: the points that affine maps [batch, rank, rank + 1] take a regular grid to, for GridSample. The regular grid
// reaches over -1 .. 1, from middle to middle of the outer elements or, without align_corners, from edge to edge; a single
// element is at 0.
import type { Dim } from "@waferc/ir/graph";
import { elementCount, stridesOf } from "@waferc/numerics";
import { flag } from "../attr-spec.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

function gridCoordinate(index: number, length: number, isAligned: boolean): number {
  if (!isAligned) return (2 * index + 1) / length - 1;
  return length === 1 ? 0 : (2 * index) / (length - 1) - 1;
}

export const affineGridOp = defineOp({
  kind: "AffineGrid",
  versions: [20],
  attrs: { align_corners: flag(false) },
  operands: [2, 2],
  infer: ({ operand, ints: read }) => {
    const { dtype, shape } = operand(0);
    const size = read(1);
    if (size === undefined) return [{ dtype }];
    require(size.length === 4 || size.length === 5, () => `needs a size of 4 or 5 lengths, but found ${size.length}`);
    const rank = size.length - 2;
    const [rows, columns] = [shape?.[1] ?? rank, shape?.[2] ?? rank + 1];
    const isFitting = (rows === rank || rows === "?") && (columns === rank + 1 || columns === "?");
    require(isFitting, () => `needs maps ${printShape([rank, rank + 1])}, but found ${printShape([rows, columns])}`);
    return [{ dtype, shape: [size[0] as Dim, ...size.slice(2), rank] }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const theta = operand(0);
    const { shape } = result(0);
    const [plane, rank] = [shape.slice(1, -1), shape.at(-1)!];
    const [points, strides] = [elementCount(plane), stridesOf(plane)];
    const [maps, to] = [floatsOf(theta), newFloats(floatDType(theta.dtype), elementCount(shape))];
    for (let at = 0; at < shape[0]! * points; at++) {
      const map = Math.floor(at / points) * rank * (rank + 1);
      for (let row = 0; row < rank; row++) {
        let sum = maps[map + row * (rank + 1) + rank]!;
        for (let column = 0; column < rank; column++) {
          const axis = rank - 1 - column;
          const index = Math.floor((at % points) / strides[axis]!) % plane[axis]!;
          sum += maps[map + row * (rank + 1) + column]! * gridCoordinate(index, plane[axis]!, attrs.align_corners);
        }
        to[at * rank + row] = sum;
      }
    }
    return [finishFloats(floatDType(theta.dtype), shape, to)];
  },
});
