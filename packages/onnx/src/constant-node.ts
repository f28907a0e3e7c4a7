// Constant nodes in all of their forms: the value of the one attribute that they have.
import type { Attr, TensorSource } from "@waferc/ir/graph";
import { sourceOf } from "@waferc/ir/graph";
import { tensorOf } from "@waferc/numerics";

/** What a constant with this attribute holds; undefined if an attribute of its type is not the value of one. */
export function sourceOfAttr(attr: Attr): TensorSource | undefined {
  switch (attr.type) {
    case "tensor":
      return attr.value;
    case "int":
      return sourceOf(tensorOf("i64", [], [attr.value]));
    case "ints":
      return sourceOf(tensorOf("i64", [attr.value.length], attr.value));
    case "float":
      return sourceOf(tensorOf("f32", [], [attr.value]));
    case "floats":
      return sourceOf(tensorOf("f32", [attr.value.length], attr.value));
    case "string":
      return sourceOf(tensorOf("string", [], [attr.value]));
    case "strings":
      return sourceOf(tensorOf("string", [attr.value.length], attr.value));
    case "tensors":
    case "type":
    case "block":
    case "blocks":
      return undefined;
    default:
      return attr satisfies never;
  }
}
