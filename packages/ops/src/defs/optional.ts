// Optional: an optional that holds the operand, or, without one, an empty optional whose element would be of type `type`.
import { valueType } from "../attr-spec.ts";
import { isOptional, isUnknownType, optionalOf } from "../data.ts";
import { defineOp } from "../op-definition.ts";
import { OpError, require } from "../op-error.ts";

export const optionalOp = defineOp({
  kind: "Optional",
  versions: [15],
  attrs: { type: valueType() },
  operands: [0, 1],
  infer: ({ attrs, type, has }) => {
    if (!has(0)) require(attrs.type !== undefined, 'needs an operand or attribute "type"');
    const element = has(0) ? type(0) : (attrs.type ?? {});
    if (isUnknownType(element)) return [{}];
    const { dtype, shape, wrappers = [] } = element;
    return [{ dtype, shape, wrappers: ["optional", ...wrappers] }];
  },
  evaluate: ({ data, has }) => {
    if (!has(0)) return [optionalOf()];
    const element = data(0);
    if (isOptional(element)) throw new OpError("cannot put an optional into an optional");
    return [optionalOf(element)];
  },
});
