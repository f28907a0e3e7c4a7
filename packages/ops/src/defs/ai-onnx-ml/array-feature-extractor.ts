// ArrayFeatureExtractor: chosen elements along the last axis. A vector counts as one row.
import { elementCount } from "@waferc/numerics";
import { newUnits, tensorOfUnits, unitsOf } from "../../math/views.ts";
import { defineOp } from "../../op-definition.ts";
import { require } from "../../op-error.ts";
import { multiplyDims } from "../../shapes.ts";

export const arrayFeatureExtractorOp = defineOp({
  domain: "ai.onnx.ml",
  kind: "ArrayFeatureExtractor",
  versions: [1],
  traits: ["movement"],
  operands: [2, 2],
  infer: ({ operand }) => {
    const { dtype, shape } = operand(0);
    const indices = operand(1).shape;
    if (shape === undefined) return [{ dtype }];
    require(shape.length > 0, "needs an operand of rank 1 or more");
    const rows = shape.length === 1 ? [1] : shape.slice(0, -1);
    return [{ dtype, shape: [...rows, indices === undefined ? "?" : multiplyDims(indices)] }];
  },
  evaluate: ({ operand, ints, result }) => {
    const { dtype, shape } = result(0);
    const [indices, extent] = [ints(1), operand(0).shape.at(-1)!];
    for (const index of indices)
      require(index >= 0 && index < extent, () => `needs indices in 0 .. ${extent - 1}, but found ${index}`);
    const from = unitsOf(operand(0));
    const to = newUnits(from, elementCount(shape));
    const [source, target] = [from as Uint32Array, to as Uint32Array]; // one width at run time
    const width = indices.length;
    for (let at = 0; at < target.length; at++)
      target[at] = source[Math.floor(at / width) * extent + indices[at % width]!]!;
    return [tensorOfUnits(dtype, shape, to)];
  },
});
