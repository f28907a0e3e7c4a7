// StringSplit: the parts of each string between delimiters, along a new last axis that is filled up with "", and how many there are. Without a
// delimiter, runs of white space separate, and none at the ends counts. `maxsplit` bounds the splits; the rest stays in one part.
import { makeTensor } from "@waferc/numerics";
import { int, string } from "../attr-spec.ts";
import { stringsOf } from "../math/text.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

function splitAtDelimiter(text: string, delimiter: string, maxSplits: number): string[] {
  const parts = text.split(delimiter);
  if (parts.length - 1 <= maxSplits) return parts;
  return [...parts.slice(0, maxSplits), parts.slice(maxSplits).join(delimiter)];
}

function splitAtSpace(text: string, maxSplits: number): string[] {
  const parts: string[] = [];
  let rest = text.trimStart();
  while (rest !== "") {
    const end = parts.length < maxSplits ? rest.search(/\s/) : -1;
    if (end < 0) return [...parts, parts.length < maxSplits ? rest : rest.trimEnd()];
    parts.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return parts;
}

export const stringSplitOp = defineOp({
  kind: "StringSplit",
  versions: [20],
  attrs: { delimiter: string(""), maxsplit: int() },
  operands: [1, 1],
  results: [1, 2],
  infer: ({ operand }) => {
    const { dtype, shape } = operand(0);
    require(dtype === undefined || dtype === "string", () => `needs an operand of strings, but found ${dtype}`);
    const parts = shape === undefined ? undefined : [...shape, "?"];
    return [
      { dtype: "string", shape: parts },
      { dtype: "i64", shape },
    ];
  },
  evaluate: ({ attrs: { delimiter, maxsplit = Infinity }, operand }) => {
    const { shape } = operand(0);
    const parts = stringsOf(operand(0)).map((text) =>
      delimiter === "" ? splitAtSpace(text, maxsplit) : splitAtDelimiter(text, delimiter, maxsplit),
    );
    const width = parts.reduce((most, { length }) => Math.max(most, length), 0);
    const filled = parts.flatMap((own) => [...own, ...new Array<string>(width - own.length).fill("")]);
    const counts = BigInt64Array.from(parts, ({ length }) => BigInt(length));
    return [makeTensor("string", [...shape, width], filled), makeTensor("i64", shape, counts)];
  },
});
