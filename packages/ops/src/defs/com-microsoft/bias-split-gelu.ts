// com.microsoft BiasSplitGelu: a bias along the last axis is added to x, which is cut into two halves there; the left
// one times the Gelu (by erf) of the right one.
import { elementCount } from "@waferc/numerics";
import { commonDType } from "../../families/elementwise.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../../math/floats.ts";
import { geluErf } from "../../math/special.ts";
import { defineOp } from "../../op-definition.ts";
import { require } from "../../op-error.ts";
import { canDimsMatch, divideShapes, printShape } from "../../shapes.ts";

export const biasSplitGeluOp = defineOp({
  domain: "com.microsoft",
  kind: "BiasSplitGelu",
  versions: [1],
  traits: ["compound"],
  operands: [2, 2],
  infer: ({ operand }) => {
    const [{ shape }, bias] = [operand(0), operand(1)];
    const dtype = commonDType([operand(0), bias]);
    if (shape === undefined) return [{ dtype }];
    const width = shape.at(-1);
    require(width !== undefined, "needs an operand of rank 1 or more");
    const isLegal = bias.shape === undefined || (bias.shape.length === 1 && canDimsMatch(bias.shape[0]!, width));
    require(isLegal, () => `needs a bias of shape [${width}], but found ${printShape(bias.shape ?? [])}`);
    return [{ dtype, shape: [...shape.slice(0, -1), divideShapes([width], [2])] }];
  },
  evaluate: ({ operand, result }) => {
    const { dtype, shape } = result(0);
    const [x, bias] = [floatsOf(operand(0)), floatsOf(operand(1))];
    const half = shape.at(-1)!;
    const to = newFloats(floatDType(dtype), elementCount(shape));
    for (let i = 0; i < to.length; i++) {
      const column = i % half;
      const left = (i - column) * 2 + column;
      to[i] = (x[left]! + bias[column]!) * geluErf(x[left + half]! + bias[column + half]!);
    }
    return [finishFloats(floatDType(dtype), shape, to)];
  },
  flops: ({ results }) => 4 * elementCount(results[0]?.shape ?? []),
});
