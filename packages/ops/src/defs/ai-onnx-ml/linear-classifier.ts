// LinearClassifier: X times coefficients plus intercepts, one score for each class. With one row of coefficients for two classes the scores are -s and s.
// `multi_class` changes nothing.
import { floats, strings, word } from "../../attr-spec.ts";
import { classified, classLabels, inferClassified } from "../../families/classified.ts";
import { featureRows } from "../../families/feature-rows.ts";
import { exactInts } from "../../families/label-map.ts";
import { linearScores } from "../../math/linear-model.ts";
import { POST_TRANSFORMS, postTransform } from "../../math/post-transform.ts";
import { defineOp } from "../../op-definition.ts";

export const linearClassifierOp = defineOp({
  domain: "ai.onnx.ml",
  kind: "LinearClassifier",
  versions: [1],
  traits: ["contraction"],
  attrs: {
    classlabels_ints: exactInts,
    classlabels_strings: strings(),
    coefficients: floats(),
    intercepts: floats(),
    post_transform: word(...POST_TRANSFORMS),
  },
  operands: [1, 1],
  results: [1, 2],
  infer: ({ attrs, shape }) =>
    inferClassified(classLabels(attrs.classlabels_ints, attrs.classlabels_strings), shape(0)),
  evaluate: ({ attrs, operand }) => {
    const labels = classLabels(attrs.classlabels_ints, attrs.classlabels_strings);
    const { data, rows, width } = featureRows(operand(0));
    const { coefficients = [], intercepts = [] } = attrs;
    const count = coefficients.length === width && labels.length === 2 ? 1 : labels.length;
    const scores = Array.from({ length: rows }, (_, row) => {
      const own = linearScores(data.subarray(row * width, (row + 1) * width), coefficients, intercepts, count);
      const both = count === 1 ? Float64Array.of(-own[0]!, own[0]!) : own;
      postTransform(both, attrs.post_transform);
      return both;
    });
    return classified(labels, scores);
  },
});
