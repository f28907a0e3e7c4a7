// LayerNormalization: (x - mean) / sqrt(variance + epsilon) * scale + bias over the axes from `axis` on. The first stage
// computes in the stash type, and its result is cast to x's type before the scale; mean and 1 / deviation are results
// too, in the stash type. Version 1 is what onnxruntime's optimiser writes into models below opset 17.
import type { Shape } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import { float, int } from "../attr-spec.ts";
import { finishFloats, floatDType, floatsOf, newFloats, roundFloats } from "../math/floats.ts";
import { normalizeRows } from "../math/normalize.ts";
import { broadcastIndex } from "../math/views.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";
import { normalAxis } from "../shapes.ts";

const reducedFrom = (shape: Shape, axis: number): Shape => shape.map((dim, i) => (i < axis ? dim : 1));

export const layerNormalizationOp = defineOp({
  kind: "LayerNormalization",
  versions: [1, 17],
  traits: ["reduction", "compound"],
  attrs: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  operands: [2, 3],
  results: [1, 3],
  infer: ({ attrs, operand }) => {
    const { dtype, shape } = operand(0);
    const stash = dtypeAttr(attrs.stash_type);
    if (shape === undefined) return [{ dtype }, { dtype: stash }, { dtype: stash }];
    const reduced = reducedFrom(shape, normalAxis(attrs.axis, shape.length));
    return [
      { dtype, shape },
      { dtype: stash, shape: reduced },
      { dtype: stash, shape: reduced },
    ];
  },
  evaluate: ({ attrs, operand, optional, result, resultCount }) => {
    const x = operand(0);
    const dtype = floatDType(x.dtype);
    const stash = floatDType(dtypeAttr(attrs.stash_type));
    const width = elementCount(x.shape.slice(normalAxis(attrs.axis, x.shape.length)));
    const { normal, means, inverses } = normalizeRows(floatsOf(x), width, attrs.epsilon, true);
    const staged = dtype === stash ? normal : roundFloats(dtype, normal);
    const y = newFloats(dtype, staged.length);
    const [scale, scaleAt] = [floatsOf(operand(1)), broadcastIndex(operand(1).shape, x.shape)];
    const shift = optional(2);
    const bias = shift === undefined ? undefined : floatsOf(shift);
    const biasAt = shift === undefined ? undefined : broadcastIndex(shift.shape, x.shape);
    for (let i = 0; i < y.length; i++) {
      const scaled = staged[i]! * scale[scaleAt?.[i] ?? i]!;
      y[i] = bias === undefined ? scaled : scaled + bias[biasAt?.[i] ?? i]!;
    }
    const statistics = [means, inverses].map((values, i) =>
      i + 1 < resultCount ? finishFloats(stash, result(i + 1).shape, values) : undefined,
    );
    return [finishFloats(dtype, x.shape, y), ...statistics];
  },
  // Mean, difference, square, variance, division, scale and bias.
  flops: ({ operands }) => 7 * elementCount(operands[0]?.shape ?? []),
});
