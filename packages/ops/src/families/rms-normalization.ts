// RMS normalisation: x / sqrt(mean(x^2) + epsilon) * scale over the axes from `axis` on. The standard op and
// onnxruntime's older one differ in names and results only.
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { finishFloats, floatDType, floatsOf, newFloats, roundFloats } from "../math/floats.ts";
import { normalizeRows } from "../math/normalize.ts";
import { broadcastIndex } from "../math/views.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { normalAxis } from "../shapes.ts";

export interface RmsAttrs {
  readonly axis: number;
  readonly epsilon: number;
  readonly stash_type: number;
}

export interface RmsNormalized {
  readonly y: Tensor;
  /** 1 / root mean square by row, in the stash type. */
  readonly inverses: (shape: readonly number[]) => Tensor;
}

/** The result has the scale's dtype, which may differ from x's. */
export function rmsNormalize(x: Tensor, scale: Tensor, attrs: RmsAttrs): RmsNormalized {
  const [dtype, resultType] = [floatDType(x.dtype), floatDType(scale.dtype)];
  const stash = floatDType(dtypeAttr(attrs.stash_type));
  const width = elementCount(x.shape.slice(normalAxis(attrs.axis, x.shape.length)));
  const { normal, inverses } = normalizeRows(floatsOf(x), width, attrs.epsilon, false);
  const staged = dtype === stash ? normal : roundFloats(dtype, normal);
  const [factors, at] = [floatsOf(scale), broadcastIndex(scale.shape, x.shape)];
  const y = newFloats(resultType, staged.length);
  for (let i = 0; i < y.length; i++) y[i] = staged[i]! * factors[at?.[i] ?? i]!;
  return {
    y: finishFloats(resultType, x.shape, y),
    inverses: (shape) => finishFloats(stash, shape, inverses),
  };
}
