// GatherElements: for each index of the second operand, the element of the first at that place, but with the position
// along one axis replaced by the index's value.
import { elementCount, stridesOf } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxis } from "../shapes.ts";

export const gatherElementsOp = defineOp({
  kind: "GatherElements",
  versions: [11, 13],
  traits: ["movement"],
  attrs: { axis: int(0) },
  operands: [2, 2],
  infer: ({ operand, shape }) => {
    const [data, indices] = [shape(0), shape(1)];
    require(data?.length === indices?.length || !data || !indices, "needs operands of equal rank");
    return [{ dtype: operand(0).dtype, shape: indices }];
  },
  evaluate: ({ attrs, operand, ints, result }) => {
    const x = operand(0);
    const { dtype, shape } = result(0);
    const axis = normalAxis(attrs.axis, x.shape.length);
    const [strides, indexStrides] = [stridesOf(x.shape), stridesOf(shape)];
    const indices = ints(1);
    const from = unitsOf(x) as Uint32Array; // one width at run time
    const to = newUnits(from, elementCount(shape)) as Uint32Array;
    for (let i = 0; i < to.length; i++) {
      let at = normalAxis(indices[i]!, x.shape[axis]!, "indices") * strides[axis]!;
      for (let other = 0; other < shape.length; other++) {
        if (other !== axis) at += (Math.floor(i / indexStrides[other]!) % shape[other]!) * strides[other]!;
      }
      to[i] = from[at]!;
    }
    return [tensorOfUnits(dtype, shape, to)];
  },
});
