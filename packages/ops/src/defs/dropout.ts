// Dropout: the operand itself, unless training is asked for (an operand since version 12): then elements are dropped with
// probability `ratio`, and the others scaled by 1 / (1 - ratio). The mask is true for what is kept. Without a seed, the
// seed is 0; for the generator see math/mersenne-twister.ts. `is_test` of version 1 and 6 is taken for true.
import type { ValueType } from "@waferc/ir/graph";
import { elementCount, toFloat64 } from "@waferc/numerics";
import { float, int } from "../attr-spec.ts";
import { typeOf } from "../families/elementwise.ts";
import { castTensor } from "../math/cast.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { MersenneTwister } from "../math/mersenne-twister.ts";
import { boolTensor } from "../math/scalars.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

export const dropoutOp = defineOp({
  kind: "Dropout",
  versions: [1, 6, 7, 10, 12, 13, 22],
  attrs: { ratio: float(0.5), seed: int(0) },
  operands: [1, 3],
  results: [1, 2],
  infer: ({ version, operand }): ValueType[] => {
    const { dtype, shape } = operand(0);
    return [typeOf(operand(0)), { dtype: version < 10 ? dtype : "bool", shape }];
  },
  evaluate: ({ version, attrs, operand, has, result, resultCount }) => {
    const x = operand(0);
    const scalar = (index: number, otherwise: number): number =>
      has(index) ? (toFloat64(operand(index))[0] ?? otherwise) : otherwise;
    const isTraining = version >= 12 && scalar(2, 0) !== 0;
    const ratio = isTraining ? scalar(1, 0.5) : 0;
    require(ratio >= 0 && ratio < 1, () => `needs a ratio in [0, 1), but found ${ratio}`);
    const kept = new Uint8Array(elementCount(x.shape)).fill(1);
    const mask = () => (resultCount < 2 ? undefined : castTensor(boolTensor(x.shape, kept), result(1).dtype));
    if (ratio === 0) return [x, mask()];
    const twister = new MersenneTwister(attrs.seed);
    const [from, to] = [floatsOf(x), newFloats(floatDType(x.dtype), kept.length)];
    for (let i = 0; i < kept.length; i++) {
      kept[i] = twister.float() >= ratio ? 1 : 0;
      to[i] = (kept[i]! * from[i]!) / (1 - ratio);
    }
    return [finishFloats(floatDType(x.dtype), x.shape, to), mask()];
  },
});
