// FeatureVectorizer: rows of features beside one another, as f32. `inputdimensions` repeats the widths, which must agree.
import { fromFloat64 } from "@waferc/numerics";
import { ints } from "../../attr-spec.ts";
import { featureRows, rowShape } from "../../families/feature-rows.ts";
import { defineOp } from "../../op-definition.ts";
import { require } from "../../op-error.ts";
import { addDims, mergeDims } from "../../shapes.ts";

export const featureVectorizerOp = defineOp({
  domain: "ai.onnx.ml",
  kind: "FeatureVectorizer",
  versions: [1],
  traits: ["movement"],
  attrs: { inputdimensions: ints() },
  operands: [1, Infinity],
  infer: ({ attrs, operands, operand }) => {
    const shapes = operands.map((_, i) => operand(i).shape).map((shape) => shape && rowShape(shape));
    const { inputdimensions: widths } = attrs;
    require(widths === undefined || widths.length === shapes.length, () =>
      `needs ${shapes.length} input dimensions, but found ${widths?.length}`);
    const known = shapes.filter((shape) => shape !== undefined);
    if (known.length < shapes.length) return [{ dtype: "f32", shape: ["?", "?"] }];
    known.forEach((shape, i) => mergeDims(shape[1], widths?.[i] ?? shape[1], `widths of operand ${i}`));
    const rows = known.map(([count]) => count).reduce((a, b) => mergeDims(a, b, "numbers of rows"));
    return [{ dtype: "f32", shape: [rows, addDims(known.map(([, width]) => width))] }];
  },
  evaluate: ({ operands, operand, result }) => {
    const [rows = 0, width = 0] = result(0).shape;
    const to = new Float64Array(rows * width);
    let at = 0;
    for (const part of operands.map((_, i) => featureRows(operand(i)))) {
      for (let row = 0; row < rows; row++)
        to.set(part.data.subarray(row * part.width, (row + 1) * part.width), row * width + at);
      at += part.width;
    }
    return [fromFloat64("f32", [rows, width], to)];
  },
});
