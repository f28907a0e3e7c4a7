// OptionalGetElement: what an optional holds. A tensor or a sequence is its own element, as version 18 says and as values that change
// their type in a Loop need.
import { bareType, isOptional } from "../data.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

export const optionalGetElementOp = defineOp({
  kind: "OptionalGetElement",
  versions: [15, 18],
  operands: [1, 1],
  infer: ({ type }) => {
    const { dtype, shape, wrappers = [] } = type(0);
    return [bareType({ dtype, shape, wrappers: wrappers[0] === "optional" ? wrappers.slice(1) : wrappers })];
  },
  evaluate: ({ data }) => {
    const value = data(0);
    if (!isOptional(value)) return [value];
    require(value.element !== undefined, "cannot take the element of an empty optional");
    return [value.element];
  },
});
