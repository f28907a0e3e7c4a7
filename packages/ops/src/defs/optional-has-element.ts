// OptionalHasElement: whether an optional holds something, a 0-D bool. A tensor or a sequence does, an omitted operand does not.
import { scalarTensor } from "@waferc/numerics";
import { isOptional } from "../data.ts";
import { defineOp } from "../op-definition.ts";

export const optionalHasElementOp = defineOp({
  kind: "OptionalHasElement",
  versions: [15, 18],
  operands: [0, 1],
  infer: () => [{ dtype: "bool", shape: [] }],
  evaluate: ({ operands }) => {
    const [value] = operands;
    const hasElement = value !== undefined && !(isOptional(value) && value.element === undefined);
    return [scalarTensor("bool", hasElement)];
  },
});
