// If: the results of one of two blocks, which see the values around them. The branches may differ in shape; what they have in
// common is the type of the results.
import { requiredBlock } from "../attr-spec.ts";
import { commonType } from "../data.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

export const ifOp = defineOp({
  kind: "If",
  versions: [1, 11, 13, 16, 19, 21, 23, 24, 25],
  traits: ["control"],
  attrs: { then_branch: requiredBlock, else_branch: requiredBlock },
  operands: [1, 1],
  results: [1, Infinity],
  infer: ({ attrs, resultCount, blockResults }) => {
    const [then, other] = [blockResults(attrs.then_branch), blockResults(attrs.else_branch)];
    require(then.length >= resultCount && other.length >= resultCount, () =>
      `needs ${resultCount} results of each branch, but they have ${then.length} and ${other.length}`);
    return Array.from({ length: resultCount }, (_, i) => commonType([then[i] ?? {}, other[i] ?? {}]));
  },
  evaluate: ({ attrs, operand, run }) => {
    const condition = operand(0);
    require(condition.dtype === "bool" && condition.data.length === 1, "needs one bool as its condition");
    return run(condition.data[0] === 1 ? attrs.then_branch : attrs.else_branch, []);
  },
});
