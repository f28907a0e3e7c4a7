// Imputer: elements that equal one value (NaN equals NaN) become another, the same for all or one for each feature along the last axis.
import { tensorOf, toValues } from "@waferc/numerics";
import { float, floats, int } from "../../attr-spec.ts";
import { typeOf } from "../../families/elementwise.ts";
import { exactInts } from "../../families/label-map.ts";
import { isComputable } from "../../math/floats.ts";
import { defineOp } from "../../op-definition.ts";
import { require } from "../../op-error.ts";

export const imputerOp = defineOp({
  domain: "ai.onnx.ml",
  kind: "Imputer",
  versions: [1],
  traits: ["elementwise"],
  attrs: {
    imputed_value_floats: floats(),
    imputed_value_int64s: exactInts,
    replaced_value_float: float(0),
    replaced_value_int64: int(0),
  },
  operands: [1, 1],
  infer: ({ operand }) => [typeOf(operand(0))],
  evaluate: ({ attrs, operand }) => {
    const x = operand(0);
    const width = x.shape.at(-1) ?? 1;
    const isFloat = isComputable(x.dtype);
    const imputed = isFloat ? attrs.imputed_value_floats : attrs.imputed_value_int64s;
    require(imputed !== undefined && (imputed.length === 1 || imputed.length === width), () =>
      `needs 1 or ${width} imputed values for ${x.dtype}, but found ${imputed?.length ?? 0}`);
    const replaced = isFloat ? attrs.replaced_value_float : attrs.replaced_value_int64;
    const isReplaced = (value: unknown): boolean =>
      typeof value === "bigint" ? value === BigInt(replaced) : value === replaced || Object.is(value, replaced);
    const values = toValues(x).map((value, i) =>
      isReplaced(value) ? imputed[imputed.length === 1 ? 0 : i % width]! : value,
    );
    return [tensorOf(x.dtype, x.shape, values)];
  },
});
