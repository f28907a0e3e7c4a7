// LabelEncoder: every label becomes the value of its key, or a default. Version 1 has one list of strings and maps a string to its place, or a place to
// its string. Tensors as lists came with version 4.
import type { ValueType } from "@waferc/ir/graph";
import { elementAt, makeTensor, tensorOf } from "@waferc/numerics";
import type { ElementValue, Tensor } from "@waferc/numerics";
import { float, floats, int, string, strings, tensor } from "../../attr-spec.ts";
import type { AttrValues } from "../../attr-spec.ts";
import { exactInts, labelsOf, mapLabels } from "../../families/label-map.ts";
import { defineOp } from "../../op-definition.ts";
import { OpError } from "../../op-error.ts";

const ATTRS = {
  classes_strings: strings(),
  default_float: float(-0),
  default_int64: int(-1),
  default_string: string("_Unused"),
  default_tensor: tensor(),
  keys_floats: floats(),
  keys_int64s: exactInts,
  keys_strings: strings(),
  keys_tensor: tensor(),
  values_floats: floats(),
  values_int64s: exactInts,
  values_strings: strings(),
  values_tensor: tensor(),
};
type Attrs = AttrValues<typeof ATTRS>;

interface Labels {
  readonly keys: Tensor;
  readonly values: Tensor;
}

function labels(attrs: Attrs, version: number, dtype: ValueType["dtype"]): Labels {
  if (version === 1) {
    const names = attrs.classes_strings ?? [];
    const places = tensorOf("i64", [names.length], names.keys());
    const texts = makeTensor("string", [names.length], names);
    return dtype === "string" ? { keys: texts, values: places } : { keys: places, values: texts };
  }
  return {
    keys: labelsOf("keys", {
      floats: attrs.keys_floats,
      ints: attrs.keys_int64s,
      strings: attrs.keys_strings,
      tensor: attrs.keys_tensor?.read(),
    }),
    values: labelsOf("values", {
      floats: attrs.values_floats,
      ints: attrs.values_int64s,
      strings: attrs.values_strings,
      tensor: attrs.values_tensor?.read(),
    }),
  };
}

function defaultOf(attrs: Attrs, { dtype }: Tensor): ElementValue {
  if (attrs.default_tensor !== undefined) return elementAt(attrs.default_tensor.read(), 0);
  switch (dtype) {
    case "string":
      return attrs.default_string;
    case "f32":
    case "f64":
      return attrs.default_float;
    case "i64":
    case "i32":
    case "i16":
      return attrs.default_int64;
    default:
      throw new OpError(`needs values that are strings, floats or integers, but found ${dtype}`);
  }
}

export const labelEncoderOp = defineOp({
  domain: "ai.onnx.ml",
  kind: "LabelEncoder",
  versions: [1, 2, 4],
  traits: ["elementwise"],
  attrs: ATTRS,
  operands: [1, 1],
  infer: ({ attrs, version, operand }) => {
    const { dtype, shape } = operand(0);
    if (version === 1 && dtype === undefined) return [{ shape }];
    return [{ dtype: labels(attrs, version, dtype).values.dtype, shape }];
  },
  evaluate: ({ attrs, version, operand }) => {
    const x = operand(0);
    const { keys, values } = labels(attrs, version, x.dtype);
    return [mapLabels(x, keys, values, defaultOf(attrs, values), values.dtype)];
  },
});
