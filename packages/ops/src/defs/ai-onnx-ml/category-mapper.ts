// CategoryMapper: from strings to the integers beside them, or back.
import { makeTensor, tensorOf } from "@waferc/numerics";
import { int, string, strings } from "../../attr-spec.ts";
import { exactInts, mapLabels } from "../../families/label-map.ts";
import { defineOp } from "../../op-definition.ts";

export const categoryMapperOp = defineOp({
  domain: "ai.onnx.ml",
  kind: "CategoryMapper",
  versions: [1],
  traits: ["elementwise"],
  attrs: {
    cats_int64s: exactInts,
    cats_strings: strings(),
    default_int64: int(-1),
    default_string: string("_Unused"),
  },
  operands: [1, 1],
  infer: ({ operand }) => {
    const { dtype, shape } = operand(0);
    return [{ ...(dtype === undefined ? {} : { dtype: dtype === "string" ? "i64" : "string" }), shape }];
  },
  evaluate: ({ attrs, operand }) => {
    const x = operand(0);
    const [ints, names] = [attrs.cats_int64s ?? [], attrs.cats_strings ?? []];
    const [places, texts] = [tensorOf("i64", [ints.length], ints), makeTensor("string", [names.length], names)];
    if (x.dtype === "string") return [mapLabels(x, texts, places, attrs.default_int64, "i64")];
    return [mapLabels(x, places, texts, attrs.default_string, "string")];
  },
});
