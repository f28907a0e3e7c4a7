// Cast: the same values in another dtype. Version 1 names the dtype. Floats that a type below 8 bits cannot hold are undefined;
// as in ONNX's own test data, they become its nearest value until version 23, and wrap in integers from 24 on.
import { kindOf, type DType } from "@waferc/numerics";
import type { AttrSpec } from "../attr-spec.ts";
import { flag, requiredInt, word } from "../attr-spec.ts";
import { castTensor } from "../math/cast.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";
import { OpError } from "../op-error.ts";

/** The names of version 1, which are those of TensorProto.DataType. */
const DTYPE_NAMES: ReadonlyMap<string, DType> = new Map<string, DType>([
  ["FLOAT", "f32"],
  ["DOUBLE", "f64"],
  ["FLOAT16", "f16"],
  ["BOOL", "bool"],
  ["INT8", "i8"],
  ["INT16", "i16"],
  ["INT32", "i32"],
  ["INT64", "i64"],
  ["UINT8", "u8"],
  ["UINT16", "u16"],
  ["UINT32", "u32"],
  ["UINT64", "u64"],
]);

const target: AttrSpec<DType> = {
  type: "int",
  isRequired: true,
  byDefault: "f32",
  read: (attr) => {
    if (attr.type !== "string") {
      const dtype = dtypeAttr(requiredInt.read(attr));
      if (kindOf(dtype) === "complex")
        throw new OpError(`needs an element type that is not complex, but found ${dtype}`);
      return dtype;
    }
    const dtype = DTYPE_NAMES.get(attr.value);
    if (dtype === undefined) throw new OpError(`needs an element type, but found "${attr.value}"`);
    return dtype;
  },
};

export const castOp = defineOp({
  kind: "Cast",
  versions: [1, 6, 9, 13, 19, 21, 23, 24, 25],
  traits: ["elementwise"],
  attrs: { to: target, saturate: flag(true), round_mode: word("up", "down", "nearest") },
  operands: [1, 1],
  infer: ({ attrs, shape }) => [{ dtype: attrs.to, shape: shape(0) }],
  evaluate: ({ attrs, operand, version }) => {
    const { saturate, round_mode: powers } = attrs;
    return [castTensor(operand(0), attrs.to, { saturate, powers, clipPacked: version < 24 })];
  },
  flops: () => 0,
});
