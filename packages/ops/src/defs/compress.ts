// Compress: the slices along an axis, or the elements of the flattened tensor, where a condition holds. A condition may be
// shorter than the axis; what is beyond it is left out.
import { UNKNOWN_DIM } from "@waferc/ir/graph";
import { elementCount, reshapeTensor } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxis } from "../shapes.ts";

export const compressOp = defineOp({
  kind: "Compress",
  versions: [9, 11],
  traits: ["movement"],
  attrs: { axis: int() },
  operands: [2, 2],
  infer: ({ attrs, operand }) => {
    const { dtype, shape } = operand(0);
    if (attrs.axis === undefined) return [{ dtype, shape: [UNKNOWN_DIM] }];
    return [{ dtype, shape: shape?.with(normalAxis(attrs.axis, shape.length), UNKNOWN_DIM) }];
  },
  evaluate: ({ attrs, operand }) => {
    const x = attrs.axis === undefined ? reshapeTensor(operand(0), [elementCount(operand(0).shape)]) : operand(0);
    const axis = normalAxis(attrs.axis ?? 0, x.shape.length);
    const condition = operand(1);
    require(condition.dtype === "bool" && condition.shape.length === 1, "needs a 1-D bool condition");
    const length = x.shape[axis]!;
    require(condition.data.length <= length, () =>
      `needs a condition of up to ${length} elements, but it has ${condition.data.length}`);
    const chosen = [...condition.data.keys()].filter((i) => condition.data[i] === 1);
    const inner = elementCount(x.shape.slice(axis + 1));
    const outer = elementCount(x.shape.slice(0, axis));
    const units = unitsOf(x);
    const to = newUnits(units, outer * chosen.length * inner);
    const [source, target] = [units as Uint32Array, to as Uint32Array]; // one width at run time
    let at = 0;
    for (let row = 0; row < outer; row++) {
      for (const position of chosen) {
        const from = (row * length + position) * inner;
        for (let i = 0; i < inner; i++) target[at++] = source[from + i]!;
      }
    }
    return [tensorOfUnits(x.dtype, x.shape.with(axis, chosen.length), to)];
  },
});
