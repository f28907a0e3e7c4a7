// ScatterND: the counterpart of GatherND. Updates meet the elements they replace by `reduction`.
import { elementCount, stridesOf } from "@waferc/numerics";
import { word } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { scatter } from "../math/scatter.ts";
import { defineOp } from "../op-definition.ts";
import { normalAxis } from "../shapes.ts";

export const scatterNDOp = defineOp({
  kind: "ScatterND",
  versions: [11, 13, 16, 18],
  traits: ["movement"],
  attrs: { reduction: word("none", "add", "mul", "min", "max") },
  operands: [3, 3],
  infer: inferSameType,
  evaluate: ({ attrs, operand, ints }) => {
    const [x, { shape: indexShape }, updates] = [operand(0), operand(1), operand(2)];
    const depth = indexShape.at(-1) ?? 0;
    const strides = stridesOf(x.shape);
    const run = elementCount(x.shape.slice(depth));
    const indices = ints(1);
    const tuples = elementCount(indexShape.slice(0, -1));
    const targets = new Int32Array(tuples * run);
    for (let tuple = 0; tuple < tuples; tuple++) {
      let start = 0;
      for (let axis = 0; axis < depth; axis++) {
        start += normalAxis(indices[tuple * depth + axis]!, x.shape[axis]!, "indices") * strides[axis]!;
      }
      for (let i = 0; i < run; i++) targets[tuple * run + i] = start + i;
    }
    return [scatter(x, targets, updates, attrs.reduction)];
  },
});
