// Casts that passes emit.
import { attr, attrsOf, type Op, type ValueId } from "@waferc/ir/graph";
import type { DType } from "@waferc/numerics";
import { onnxOfDType } from "@waferc/ops";
import type { Rewriter } from "./rewriter.ts";

/** The value as this dtype; itself if it has it, or if the dtype is not known. */
export function castTo(rewriter: Rewriter, value: ValueId, dtype: DType | undefined, covers: readonly Op[]): ValueId {
  if (dtype === undefined || rewriter.dtypeOf(value) === dtype) return value;
  return rewriter.emit("Cast", [value], { attrs: attrsOf({ to: attr.int(onnxOfDType(dtype)) }), covers });
}
