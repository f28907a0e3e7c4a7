// com.microsoft BiasAdd: x + bias + skip, x and skip [batch, seq, hidden], bias [hidden].
import { elementCount } from "@waferc/numerics";
import { commonDType } from "../../families/elementwise.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../../math/floats.ts";
import { defineOp } from "../../op-definition.ts";
import { require } from "../../op-error.ts";
import { canBroadcastTo, canDimsMatch, printShape } from "../../shapes.ts";

export const biasAddOp = defineOp({
  domain: "com.microsoft",
  kind: "BiasAdd",
  versions: [1],
  traits: ["elementwise", "compound"],
  operands: [3, 3],
  infer: ({ operand }) => {
    const [x, bias, skip] = [operand(0), operand(1), operand(2)];
    const shape = x.shape ?? skip.shape;
    const dtype = commonDType([x, bias, skip]);
    if (shape === undefined) return [{ dtype }];
    const isSame = skip.shape === undefined || skip.shape.every((dim, i) => canDimsMatch(dim, shape[i] ?? 0));
    require(isSame, () => `needs a skip of shape ${printShape(shape)}, but found ${printShape(skip.shape ?? [])}`);
    const isLegal = bias.shape === undefined || canBroadcastTo(bias.shape, shape.slice(-1));
    require(isLegal, () => `cannot add a bias of shape ${printShape(bias.shape ?? [])} to ${printShape(shape)}`);
    return [{ dtype, shape }];
  },
  evaluate: ({ operand }) => {
    const { dtype, shape } = operand(0);
    const [x, bias, skip] = [floatsOf(operand(0)), floatsOf(operand(1)), floatsOf(operand(2))];
    const to = newFloats(floatDType(dtype), elementCount(shape));
    for (let i = 0; i < to.length; i++) to[i] = x[i]! + bias[i % bias.length]! + skip[i]!;
    return [finishFloats(floatDType(dtype), shape, to)];
  },
  flops: ({ results }) => 2 * elementCount(results[0]?.shape ?? []),
});
