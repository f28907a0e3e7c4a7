// If: the results of one of two blocks, which see the values around them. Types are those the graph declares, as the
// branches may differ in shape.
import { requiredBlock } from "../attr-spec.ts";
import { defineOp } from "../op-definition.ts";
import { OpError, require } from "../op-error.ts";

export const ifOp = defineOp({
  kind: "If",
  versions: [1, 11, 13, 16, 19, 21, 23, 24, 25],
  traits: ["control"],
  attrs: { then_branch: requiredBlock, else_branch: requiredBlock },
  operands: [1, 1],
  results: [1, Infinity],
  infer: ({ resultCount }) => Array.from({ length: resultCount }, () => ({})),
  evaluate: ({ attrs, operand, run }) => {
    const condition = operand(0);
    require(condition.dtype === "bool" && condition.data.length === 1, "needs one bool as its condition");
    const block = condition.data[0] === 1 ? attrs.then_branch : attrs.else_branch;
    if (block === undefined) throw new OpError("needs both of its branches");
    return run(block, []);
  },
});
