// OneHot: a new axis with the on-value where it meets the index and the off-value elsewhere. Indices beyond the depth
// give off-values only.
import { elementCount, toFloat64 } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxis } from "../shapes.ts";

export const oneHotOp = defineOp({
  kind: "OneHot",
  versions: [9, 11],
  traits: ["movement"],
  attrs: { axis: int(-1) },
  operands: [3, 3],
  infer: ({ attrs, operand, shape, constant }) => {
    const { dtype } = operand(2);
    const dims = shape(0);
    if (dims === undefined) return [{ dtype }];
    const depth = constant(1);
    const length = depth === undefined ? "?" : Math.trunc(toFloat64(depth)[0] ?? 0);
    return [{ dtype, shape: dims.toSpliced(normalAxis(attrs.axis, dims.length + 1), 0, length) }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const { dtype, shape } = result(0);
    const axis = normalAxis(attrs.axis, shape.length);
    const depth = shape[axis]!;
    const inner = elementCount(shape.slice(axis + 1));
    const choices = elementCount(operand(2).shape);
    require(choices === 2, () => `needs an off and an on value, but found ${choices} values`);
    const [off, on] = unitsOf(operand(2)) as Uint32Array; // one width at run time
    const to = newUnits(unitsOf(operand(2)), elementCount(shape)) as Uint32Array;
    to.fill(off!);
    toFloat64(operand(0)).forEach((given, i) => {
      const index = given < 0 ? given + depth : given;
      if (index < 0 || index >= depth) return;
      to[(Math.floor(i / inner) * depth + Math.trunc(index)) * inner + (i % inner)] = on!;
    });
    return [tensorOfUnits(dtype, shape, to)];
  },
});
