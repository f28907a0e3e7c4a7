// Bernoulli: 1 with the probability that the operand gives, else 0. For the generator see families/random.ts.
import { elementCount } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { SEED_ATTRS } from "../families/random.ts";
import { castTensor } from "../math/cast.ts";
import { floatsOf } from "../math/floats.ts";
import { MersenneTwister } from "../math/mersenne-twister.ts";
import { boolTensor } from "../math/scalars.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";

export const bernoulliOp = defineOp({
  kind: "Bernoulli",
  versions: [15, 22],
  attrs: { ...SEED_ATTRS, dtype: int() },
  operands: [1, 1],
  infer: ({ attrs, operand }) => {
    const { dtype, shape } = operand(0);
    return [{ dtype: attrs.dtype === undefined ? dtype : dtypeAttr(attrs.dtype), shape }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const { dtype, shape } = result(0);
    const twister = new MersenneTwister(attrs.seed);
    const probabilities = floatsOf(operand(0));
    const drawn = new Uint8Array(elementCount(shape));
    for (let i = 0; i < drawn.length; i++) drawn[i] = twister.float() < probabilities[i]! ? 1 : 0;
    return [castTensor(boolTensor(shape, drawn), dtype)];
  },
});
