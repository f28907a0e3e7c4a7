// OneHotEncoder: every element becomes a row with a 1 at the place of its category. Numbers are cut to integers first. Unknown categories give zeros, or fail
// where `zeros` is 0.
import { makeTensor, toFloat64, toValues } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, strings } from "../../attr-spec.ts";
import { exactInts } from "../../families/label-map.ts";
import { bigintsOf } from "../../math/scalars.ts";
import { stringsOf } from "../../math/text.ts";
import { defineOp } from "../../op-definition.ts";
import { OpError } from "../../op-error.ts";

type Category = string | bigint;

function categoriesOf(x: Tensor): readonly (Category | undefined)[] {
  if (x.dtype === "string") return stringsOf(x);
  if (x.dtype === "i64") return Array.from(bigintsOf(x));
  return Array.from(toFloat64(x), (value) => (Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined));
}

export const oneHotEncoderOp = defineOp({
  domain: "ai.onnx.ml",
  kind: "OneHotEncoder",
  versions: [1],
  attrs: { cats_int64s: exactInts, cats_strings: strings(), zeros: flag(true) },
  operands: [1, 1],
  infer: ({ attrs, operand }) => {
    const { shape } = operand(0);
    const count = (attrs.cats_int64s ?? attrs.cats_strings ?? []).length;
    return [{ dtype: "f32", ...(shape === undefined ? {} : { shape: [...shape, count] }) }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const categories: readonly Category[] = attrs.cats_int64s ?? attrs.cats_strings ?? [];
    const places = new Map<Category | undefined, number>(categories.map((category, i) => [category, i]));
    const elements = categoriesOf(operand(0));
    const to = new Float32Array(elements.length * categories.length);
    elements.forEach((element, i) => {
      const place = places.get(element);
      if (place !== undefined) to[i * categories.length + place] = 1;
      else if (!attrs.zeros) throw new OpError(`needs known categories, but found ${String(toValues(operand(0))[i])}`);
    });
    return [makeTensor("f32", result(0).shape, to)];
  },
});
