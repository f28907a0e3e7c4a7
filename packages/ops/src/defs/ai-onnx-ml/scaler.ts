// Scaler: (x - offset) * scale, with one of each for every feature along the last axis, or for all.
import { fromFloat64, toFloat64 } from "@waferc/numerics";
import { floats } from "../../attr-spec.ts";
import { perFeature } from "../../families/feature-rows.ts";
import { defineOp } from "../../op-definition.ts";

export const scalerOp = defineOp({
  domain: "ai.onnx.ml",
  kind: "Scaler",
  versions: [1],
  traits: ["elementwise"],
  attrs: { offset: floats(), scale: floats() },
  operands: [1, 1],
  infer: ({ operand }) => [{ dtype: "f32", shape: operand(0).shape }],
  evaluate: ({ attrs, operand }) => {
    const { shape } = operand(0);
    const width = shape.at(-1) ?? 1;
    const offset = perFeature(attrs.offset ?? [0], width, "offset");
    const scale = perFeature(attrs.scale ?? [1], width, "scale");
    const scaled = toFloat64(operand(0)).map((x, i) => (x - offset(i % width)) * scale(i % width));
    return [fromFloat64("f32", shape, scaled)];
  },
});
