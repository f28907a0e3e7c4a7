// RegexFullMatch: does the whole string match the pattern? Patterns are those of RE2, and so is the time that they take.
import { makeTensor } from "@waferc/numerics";
import { requiredString } from "../attr-spec.ts";
import { fullMatcher } from "../math/regex-match.ts";
import { stringsOf } from "../math/text.ts";
import { defineOp } from "../op-definition.ts";

export const regexFullMatchOp = defineOp({
  kind: "RegexFullMatch",
  versions: [20],
  traits: ["elementwise"],
  attrs: { pattern: requiredString },
  operands: [1, 1],
  infer: ({ operand }) => [{ dtype: "bool", shape: operand(0).shape }],
  evaluate: ({ attrs, operand }) => {
    const matches = fullMatcher(attrs.pattern);
    const bits = Uint8Array.from(stringsOf(operand(0)), (text) => (matches(text) ? 1 : 0));
    return [makeTensor("bool", operand(0).shape, bits)];
  },
});
