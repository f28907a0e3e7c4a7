// Multinomial: for each row of logarithms of weights, `sample_size` classes drawn with the weights' shares as
// probabilities. For the generator see families/random.ts.
import type { Dim } from "@waferc/ir/graph";
import { makeTensor } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { SEED_ATTRS } from "../families/random.ts";
import { castTensor } from "../math/cast.ts";
import { floatsOf } from "../math/floats.ts";
import { MersenneTwister } from "../math/mersenne-twister.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

/** ONNX's number of i32. */
const I32 = 6;

export const multinomialOp = defineOp({
  kind: "Multinomial",
  versions: [7, 22],
  attrs: { ...SEED_ATTRS, dtype: int(I32), sample_size: int(1) },
  operands: [1, 1],
  infer: ({ attrs, shape: shapeOf }) => {
    const shape = shapeOf(0);
    const dtype = dtypeAttr(attrs.dtype);
    require(dtype === "i32" || dtype === "i64", () => `needs dtype i32 or i64, but found ${dtype}`);
    require(attrs.sample_size >= 1, () => `needs sample_size 1 or more, but found ${attrs.sample_size}`);
    require(shape === undefined || shape.length === 2, () => `needs a matrix, but found ${printShape(shape ?? [])}`);
    return [{ dtype, shape: [(shape?.[0] ?? "?") as Dim, attrs.sample_size] }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const { dtype, shape } = result(0);
    const [rows, classes] = operand(0).shape as readonly [number, number];
    const logarithms = floatsOf(operand(0));
    const twister = new MersenneTwister(attrs.seed);
    const drawn = new Int32Array(rows * attrs.sample_size);
    for (let row = 0; row < rows; row++) {
      const weights = Array.from(logarithms.subarray(row * classes, (row + 1) * classes));
      const largest = weights.reduce((a, b) => Math.max(a, b), -Infinity);
      const shares = weights.map((weight) => Math.exp(weight - largest));
      const total = shares.reduce((a, b) => a + b, 0);
      for (let i = 0; i < attrs.sample_size; i++) {
        let rest = twister.float() * total;
        const chosen = shares.findIndex((share) => (rest -= share) < 0);
        drawn[row * attrs.sample_size + i] = chosen < 0 ? classes - 1 : chosen;
      }
    }
    return [castTensor(makeTensor("i32", shape, drawn), dtype)];
  },
});
