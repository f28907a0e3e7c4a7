// TreeEnsembleRegressor: the votes of trees, put together by target, plus a base value. Deprecated by version 5, which has TreeEnsemble.
import { fromFloat64 } from "@waferc/numerics";
import { floats, int, ints, tensor, word } from "../../attr-spec.ts";
import { featureRows, rowShape } from "../../families/feature-rows.ts";
import { ensembleOf, floatsOrTensor, NODE_ATTRS } from "../../families/tree-nodes.ts";
import { POST_TRANSFORMS, postTransform } from "../../math/post-transform.ts";
import { predictRow } from "../../math/tree-ensemble.ts";
import { defineOp } from "../../op-definition.ts";

export const treeEnsembleRegressorOp = defineOp({
  domain: "ai.onnx.ml",
  kind: "TreeEnsembleRegressor",
  versions: [1, 3],
  attrs: {
    ...NODE_ATTRS,
    aggregate_function: word("SUM", "AVERAGE", "MIN", "MAX"),
    base_values: floats(),
    base_values_as_tensor: tensor(),
    n_targets: int(1),
    post_transform: word(...POST_TRANSFORMS),
    target_ids: ints(),
    target_nodeids: ints(),
    target_treeids: ints(),
    target_weights: floats(),
    target_weights_as_tensor: tensor(),
  },
  operands: [1, 1],
  infer: ({ attrs, shape }) => {
    const rows = shape(0);
    return [{ dtype: "f32", ...(rows === undefined ? {} : { shape: [rowShape(rows)[0], attrs.n_targets] }) }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const votes = {
      treeIds: attrs.target_treeids,
      nodeIds: attrs.target_nodeids,
      targets: attrs.target_ids,
      weights: floatsOrTensor(attrs.target_weights, attrs.target_weights_as_tensor),
    };
    const ensemble = ensembleOf(attrs, votes, attrs.n_targets);
    const base = floatsOrTensor(attrs.base_values, attrs.base_values_as_tensor);
    const { data, rows, width } = featureRows(operand(0));
    const to = new Float64Array(rows * attrs.n_targets);
    for (let row = 0; row < rows; row++) {
      const scores = predictRow(ensemble, data.subarray(row * width, (row + 1) * width), attrs.aggregate_function);
      const based = scores.map((score, i) => score + (base[i] ?? 0));
      postTransform(based, attrs.post_transform);
      to.set(based, row * attrs.n_targets);
    }
    return [fromFloat64("f32", result(0).shape, to)];
  },
});
