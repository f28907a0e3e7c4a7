// LinearRegressor: X times coefficients plus intercepts, for one target or more.
import { fromFloat64 } from "@waferc/numerics";
import { floats, int, word } from "../../attr-spec.ts";
import { featureRows, rowShape } from "../../families/feature-rows.ts";
import { linearScores } from "../../math/linear-model.ts";
import { POST_TRANSFORMS, postTransform } from "../../math/post-transform.ts";
import { defineOp } from "../../op-definition.ts";

export const linearRegressorOp = defineOp({
  domain: "ai.onnx.ml",
  kind: "LinearRegressor",
  versions: [1],
  traits: ["contraction"],
  attrs: {
    coefficients: floats(),
    intercepts: floats(),
    post_transform: word(...POST_TRANSFORMS),
    targets: int(1),
  },
  operands: [1, 1],
  infer: ({ attrs, shape }) => {
    const rows = shape(0);
    return [{ dtype: "f32", ...(rows === undefined ? {} : { shape: [rowShape(rows)[0], attrs.targets] }) }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const { data, rows, width } = featureRows(operand(0));
    const { coefficients = [], intercepts = [], targets } = attrs;
    const to = new Float64Array(rows * targets);
    for (let row = 0; row < rows; row++) {
      const scores = linearScores(data.subarray(row * width, (row + 1) * width), coefficients, intercepts, targets);
      postTransform(scores, attrs.post_transform);
      to.set(scores, row * targets);
    }
    return [fromFloat64("f32", result(0).shape, to)];
  },
});
