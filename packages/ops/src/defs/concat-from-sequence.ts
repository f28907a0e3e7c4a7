// ConcatFromSequence: the elements of a sequence one after the other along an axis, or stacked on a new one.
import { UNKNOWN_DIM } from "@waferc/ir/graph";
import { flag, requiredInt } from "../attr-spec.ts";
import { elementType, expectSequence } from "../math/sequences.ts";
import { insertLength, joinTensors, stackTensors } from "../math/stack.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxis } from "../shapes.ts";

export const concatFromSequenceOp = defineOp({
  kind: "ConcatFromSequence",
  versions: [11],
  traits: ["movement"],
  attrs: { axis: requiredInt, new_axis: flag(false) },
  operands: [1, 1],
  infer: ({ attrs: { axis, new_axis: isNew }, type }) => {
    const { dtype, shape } = elementType(type(0), 0);
    if (shape === undefined) return [{ dtype }];
    if (isNew) return [{ dtype, shape: insertLength(shape, axis, UNKNOWN_DIM) }];
    return [{ dtype, shape: shape.with(normalAxis(axis, shape.length), UNKNOWN_DIM) }];
  },
  evaluate: ({ attrs: { axis, new_axis: isNew }, data }) => {
    const { elements } = expectSequence(data(0), 0);
    require(elements.length > 0, "needs a sequence with at least one element");
    if (isNew) return [stackTensors(elements, axis)];
    return [joinTensors(elements, normalAxis(axis, elements[0]!.shape.length))];
  },
});
