// TypeProtos of graph inputs, outputs and value_info as value types. Only tensors have one; an absent shape is an unknown
// rank, a dimension without value or name an unknown length.
import { UNKNOWN_DIM, type Dim, type ValueType } from "@waferc/ir/graph";
import type { TypeProto } from "./proto.ts";
import { dtypeOfOnnx } from "@waferc/ops";

export interface TypeFault {
  readonly kind: "missing" | "dtype" | "form";
  readonly message: string;
}

export type TypeReading = { readonly type: ValueType; readonly fault?: undefined } | { readonly fault: TypeFault };

type DimensionProto = NonNullable<NonNullable<NonNullable<TypeProto["tensorType"]>["shape"]>["dim"]>[number];

export function readValueType(proto: TypeProto | null | undefined): TypeReading {
  if (proto === null || proto === undefined) return { fault: { kind: "missing", message: "has no type" } };
  const tensor = proto.tensorType;
  if (tensor === null || tensor === undefined)
    return { fault: { kind: "form", message: `is ${formOf(proto)}, not a tensor` } };
  const dtype = dtypeOfOnnx(tensor.elemType ?? 0);
  if (dtype === undefined) {
    const message = `has element type ${tensor.elemType ?? 0}, which is not defined`;
    return { fault: { kind: "dtype", message } };
  }
  if (tensor.shape === null || tensor.shape === undefined) return { type: { dtype } };
  return { type: { dtype, shape: (tensor.shape.dim ?? []).map(readDim) } };
}

function readDim(dim: DimensionProto): Dim {
  if (dim.dimParam !== undefined && dim.dimParam !== null && dim.dimParam !== "") return dim.dimParam;
  const isGiven = Object.hasOwn(dim, "dimValue");
  const length = isGiven ? Number(dim.dimValue) : -1;
  return length >= 0 && Number.isSafeInteger(length) ? length : UNKNOWN_DIM;
}

function formOf(proto: TypeProto): string {
  if (proto.sequenceType) return "a sequence";
  if (proto.mapType) return "a map";
  if (proto.optionalType) return "an optional";
  if (proto.sparseTensorType) return "a sparse tensor";
  return "of an unknown type";
}
