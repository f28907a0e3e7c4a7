// ConstantOfShape: one value (f32 zero unless given) everywhere in a shape that is the operand.
import { elementCount, elementAt, fullTensor, kindOf, zeros } from "@waferc/numerics";
import type { DType } from "@waferc/numerics";
import type { TensorSource } from "@waferc/ir/graph";
import { tensor } from "../attr-spec.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { unknownShape } from "../shapes.ts";

const dtypeOf = (value: TensorSource | undefined): DType => value?.dtype ?? "f32";

export const constantOfShapeOp = defineOp({
  kind: "ConstantOfShape",
  versions: [9, 20, 21, 23, 24, 25],
  traits: ["movement"],
  attrs: { value: tensor() },
  operands: [1, 1],
  infer: ({ attrs, ints, shape }) => {
    require(kindOf(dtypeOf(attrs.value)) !== "complex", "needs a value that is not complex");
    const dims = ints(0);
    if (dims !== undefined) {
      require(dims.every((dim) => dim >= 0), () => `needs lengths from 0, but found [${dims.join(",")}]`);
      return [{ dtype: dtypeOf(attrs.value), shape: dims }];
    }
    const rank = shape(0)?.[0];
    return [{ dtype: dtypeOf(attrs.value), shape: typeof rank === "number" ? unknownShape(rank) : undefined }];
  },
  evaluate: ({ attrs, result }) => {
    const { dtype, shape } = result(0);
    if (attrs.value === undefined) return [zeros(dtype, shape)];
    const value = attrs.value.read();
    require(elementCount(value.shape) === 1, "needs a value of one element");
    return [fullTensor(dtype, shape, elementAt(value, 0))];
  },
});
