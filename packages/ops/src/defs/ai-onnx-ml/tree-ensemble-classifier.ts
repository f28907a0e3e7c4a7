// TreeEnsembleClassifier: the votes of trees summed by class, plus a base value. Where all votes are for class 0 of two, s, they stand for class 1, as
// converters of binary models write them: the scores are 1 - s and s (NONE, PROBIT) or -s and s. Deprecated by version 5, which has TreeEnsemble.
import { floats, ints, strings, tensor, word } from "../../attr-spec.ts";
import { classified, classLabels, inferClassified } from "../../families/classified.ts";
import { featureRows } from "../../families/feature-rows.ts";
import { exactInts } from "../../families/label-map.ts";
import { ensembleOf, floatsOrTensor, NODE_ATTRS } from "../../families/tree-nodes.ts";
import { POST_TRANSFORMS, postTransform } from "../../math/post-transform.ts";
import type { PostTransform } from "../../math/post-transform.ts";
import { predictRow } from "../../math/tree-ensemble.ts";
import { defineOp } from "../../op-definition.ts";

function bothScores(score: number, transform: PostTransform): Float64Array {
  return Float64Array.of(transform === "NONE" || transform === "PROBIT" ? 1 - score : -score, score);
}

export const treeEnsembleClassifierOp = defineOp({
  domain: "ai.onnx.ml",
  kind: "TreeEnsembleClassifier",
  versions: [1, 3],
  attrs: {
    ...NODE_ATTRS,
    base_values: floats(),
    base_values_as_tensor: tensor(),
    class_ids: ints(),
    class_nodeids: ints(),
    class_treeids: ints(),
    class_weights: floats(),
    class_weights_as_tensor: tensor(),
    classlabels_int64s: exactInts,
    classlabels_strings: strings(),
    post_transform: word(...POST_TRANSFORMS),
  },
  operands: [1, 1],
  results: [1, 2],
  infer: ({ attrs, shape }) =>
    inferClassified(classLabels(attrs.classlabels_int64s, attrs.classlabels_strings), shape(0)),
  evaluate: ({ attrs, operand }) => {
    const labels = classLabels(attrs.classlabels_int64s, attrs.classlabels_strings);
    const votes = {
      treeIds: attrs.class_treeids,
      nodeIds: attrs.class_nodeids,
      targets: attrs.class_ids,
      weights: floatsOrTensor(attrs.class_weights, attrs.class_weights_as_tensor),
    };
    const ensemble = ensembleOf(attrs, votes, labels.length);
    const base = floatsOrTensor(attrs.base_values, attrs.base_values_as_tensor);
    const isBinary = labels.length === 2 && (attrs.class_ids ?? []).every((id) => id === 0);
    const { data, rows, width } = featureRows(operand(0));
    const scores = Array.from({ length: rows }, (_, row) => {
      const sums = predictRow(ensemble, data.subarray(row * width, (row + 1) * width), "SUM");
      const based = sums.map((sum, i) => sum + (base[i] ?? 0));
      const both = isBinary ? bothScores(based[0]!, attrs.post_transform) : based;
      postTransform(both, attrs.post_transform);
      return both;
    });
    return classified(labels, scores);
  },
});
