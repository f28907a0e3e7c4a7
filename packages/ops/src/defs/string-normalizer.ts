// StringNormalizer: strings [C] or [1, C] without stop words, in upper or lower case. Nothing left gives one empty string. Case is changed by Unicode's
// rules without a language: `locale` is read by nobody.
import { makeTensor } from "@waferc/numerics";
import { flag, strings, word } from "../attr-spec.ts";
import { stringsOf } from "../math/text.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

export const stringNormalizerOp = defineOp({
  kind: "StringNormalizer",
  versions: [10],
  attrs: {
    case_change_action: word("NONE", "LOWER", "UPPER"),
    is_case_sensitive: flag(false),
    stopwords: strings(),
  },
  operands: [1, 1],
  infer: ({ operand }) => {
    const { dtype, shape } = operand(0);
    require(dtype === undefined || dtype === "string", () => `needs an operand of strings, but found ${dtype}`);
    if (shape === undefined) return [{ dtype: "string" }];
    const isRow = shape.length === 2 && (typeof shape[0] !== "number" || shape[0] === 1);
    require(shape.length === 1 || isRow, () => `needs strings [C] or [1, C], but found ${printShape(shape)}`);
    return [{ dtype: "string", shape: shape.length === 1 ? ["?"] : [1, "?"] }];
  },
  evaluate: ({ attrs, operand }) => {
    const folded = (text: string): string => (attrs.is_case_sensitive ? text : text.toLowerCase());
    const stops = new Set((attrs.stopwords ?? []).map(folded));
    const kept = stringsOf(operand(0)).filter((text) => !stops.has(folded(text)));
    const changed = kept.map((text) => {
      if (attrs.case_change_action === "LOWER") return text.toLowerCase();
      return attrs.case_change_action === "UPPER" ? text.toUpperCase() : text;
    });
    const result = changed.length === 0 ? [""] : changed;
    return [makeTensor("string", [...operand(0).shape.slice(0, -1), result.length], result)];
  },
});
