// SimplifiedLayerNormalization: RMS normalisation as onnxruntime's optimiser writes it, in the default domain, where ONNX
// has no such op.
import { elementCount } from "@waferc/numerics";
import { float, int } from "../attr-spec.ts";
import { rmsNormalize } from "../families/rms-normalization.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";
import { normalAxis } from "../shapes.ts";

export const simplifiedLayerNormalizationOp = defineOp({
  kind: "SimplifiedLayerNormalization",
  versions: [1],
  source: "https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/graph/contrib_ops/contrib_defs.cc",
  traits: ["reduction", "compound"],
  attrs: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  operands: [2, 2],
  results: [1, 2],
  infer: ({ attrs, operand, shape }) => {
    const dims = shape(0);
    const axis = dims === undefined ? 0 : normalAxis(attrs.axis, dims.length);
    const reduced = dims?.map((dim, i) => (i < axis ? dim : 1));
    return [
      { dtype: operand(1).dtype, shape: dims },
      { dtype: dtypeAttr(attrs.stash_type), shape: reduced },
    ];
  },
  evaluate: ({ attrs, operand, result, resultCount }) => {
    const { y, inverses } = rmsNormalize(operand(0), operand(1), attrs);
    return [y, resultCount > 1 ? inverses(result(1).shape) : undefined];
  },
  // Square, sum, division and scale.
  flops: ({ operands }) => 4 * elementCount(operands[0]?.shape ?? []),
});
