// Constant: the value of one of its attributes. Importers turn it into a constant of the graph; this definition is for
// bodies and hand-written graphs.
import type { ValueType } from "@waferc/ir/graph";
import { tensorOf } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { float, floats, int, ints, strings, tensor } from "../attr-spec.ts";
import type { AttrSpec, AttrValues } from "../attr-spec.ts";
import { defineOp } from "../op-definition.ts";
import { OpError } from "../op-error.ts";

const valueString: AttrSpec<string | undefined> = {
  type: "string",
  isRequired: false,
  byDefault: undefined,
  read: (attr) => (attr.type === "string" ? attr.value : undefined),
};

const ATTRS = {
  value: tensor(),
  value_float: float(),
  value_floats: floats(),
  value_int: int(),
  value_ints: ints(),
  value_string: valueString,
  value_strings: strings(),
};

function valueOf(attrs: AttrValues<typeof ATTRS>): Tensor {
  if (attrs.value !== undefined) return attrs.value.read();
  if (attrs.value_float !== undefined) return tensorOf("f32", [], [attrs.value_float]);
  if (attrs.value_floats !== undefined) return tensorOf("f32", [attrs.value_floats.length], attrs.value_floats);
  if (attrs.value_int !== undefined) return tensorOf("i64", [], [attrs.value_int]);
  if (attrs.value_ints !== undefined) return tensorOf("i64", [attrs.value_ints.length], attrs.value_ints);
  if (attrs.value_string !== undefined) return tensorOf("string", [], [attrs.value_string]);
  if (attrs.value_strings !== undefined) return tensorOf("string", [attrs.value_strings.length], attrs.value_strings);
  throw new OpError("needs one of the attributes that give a value");
}

function typeOfValue(attrs: AttrValues<typeof ATTRS>): ValueType {
  const { dtype, shape } = attrs.value ?? valueOf(attrs);
  return { dtype, shape };
}

export const constantOp = defineOp({
  kind: "Constant",
  versions: [1, 9, 11, 12, 13, 19, 21, 23, 24, 25],
  traits: ["metadata"],
  attrs: ATTRS,
  operands: [0, 0],
  infer: ({ attrs }) => [typeOfValue(attrs)],
  evaluate: ({ attrs }) => [valueOf(attrs)],
});
