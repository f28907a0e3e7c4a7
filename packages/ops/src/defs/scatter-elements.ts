// ScatterElements: the counterpart of GatherElements. Updates meet the elements they replace by `reduction`; without
// one, what duplicates leave is undefined, and the last wins here.
import { stridesOf } from "@waferc/numerics";
import { int, word } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { scatter } from "../math/scatter.ts";
import { defineOp } from "../op-definition.ts";
import { normalAxis } from "../shapes.ts";

export const scatterElementsOp = defineOp({
  kind: "ScatterElements",
  versions: [11, 13, 16, 18],
  traits: ["movement"],
  attrs: { axis: int(0), reduction: word("none", "add", "mul", "min", "max") },
  operands: [3, 3],
  infer: inferSameType,
  evaluate: ({ attrs, operand, ints }) => {
    const [x, { shape: indexShape }, updates] = [operand(0), operand(1), operand(2)];
    const axis = normalAxis(attrs.axis, x.shape.length);
    const [strides, indexStrides] = [stridesOf(x.shape), stridesOf(indexShape)];
    const targets = Int32Array.from(ints(1), (index, i) => {
      let at = normalAxis(index, x.shape[axis]!, "indices") * strides[axis]!;
      for (let other = 0; other < indexShape.length; other++) {
        if (other !== axis) at += (Math.floor(i / indexStrides[other]!) % indexShape[other]!) * strides[other]!;
      }
      return at;
    });
    return [scatter(x, targets, updates, attrs.reduction)];
  },
});
