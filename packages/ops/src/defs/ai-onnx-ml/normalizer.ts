// Normalizer: every row divided by its largest element (with its sign: the specification says so, its issue 8452 asks for another rule), its sum of
// magnitudes or its Euclidean length. A divisor of 0 leaves the row as it is.
import { fromFloat64 } from "@waferc/numerics";
import { word } from "../../attr-spec.ts";
import { featureRows, rowShape } from "../../families/feature-rows.ts";
import { defineOp } from "../../op-definition.ts";

type Norm = "L1" | "L2" | "MAX";

function divisorOf(row: Float64Array, norm: Norm): number {
  if (norm === "MAX") return row.reduce((most, x) => Math.max(most, x), -Infinity);
  if (norm === "L1") return row.reduce((sum, x) => sum + Math.abs(x), 0);
  return Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
}

export const normalizerOp = defineOp({
  domain: "ai.onnx.ml",
  kind: "Normalizer",
  versions: [1],
  traits: ["reduction"],
  attrs: { norm: word("MAX", "L1", "L2") },
  operands: [1, 1],
  infer: ({ operand }) => {
    const { shape } = operand(0);
    if (shape !== undefined) rowShape(shape);
    return [{ dtype: "f32", shape }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const { data, rows, width } = featureRows(operand(0));
    const to = new Float64Array(data.length);
    for (let row = 0; row < rows; row++) {
      const from = data.subarray(row * width, (row + 1) * width);
      const divisor = divisorOf(from, attrs.norm);
      to.set(divisor === 0 ? from : from.map((x) => x / divisor), row * width);
    }
    return [fromFloat64("f32", result(0).shape, to)];
  },
});
