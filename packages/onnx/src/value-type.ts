// TypeProtos of graph inputs, outputs, value_info and attributes as value types: tensors, sequences of tensors, and optionals of
// either. An absent shape is an unknown rank, a dimension without value or name an unknown length. Leaves out maps, sparse
// tensors and sequences of anything else, which no operator of the table takes.
import { UNKNOWN_DIM, type Dim, type ValueType, type Wrapper } from "@waferc/ir/graph";
import { dtypeOfOnnx } from "@waferc/ops";
import type { TypeProto } from "./proto.ts";

export interface TypeFault {
  readonly kind: "missing" | "dtype" | "form";
  readonly message: string;
}

export type TypeReading = { readonly type: ValueType; readonly fault?: undefined } | { readonly fault: TypeFault };

type DimensionProto = NonNullable<NonNullable<NonNullable<TypeProto["tensorType"]>["shape"]>["dim"]>[number];

/** What may stand inside a wrapper. */
const INSIDE: Readonly<Record<Wrapper, readonly Wrapper[]>> = { optional: ["sequence"], sequence: [] };

export function readValueType(proto: TypeProto | null | undefined): TypeReading {
  return readType(proto, ["optional", "sequence"]);
}

function readType(proto: TypeProto | null | undefined, legal: readonly Wrapper[]): TypeReading {
  if (proto === null || proto === undefined) return { fault: { kind: "missing", message: "has no type" } };
  const wrapper = proto.optionalType ? "optional" : proto.sequenceType ? "sequence" : undefined;
  if (wrapper !== undefined && legal.includes(wrapper)) return readWrapped(proto, wrapper);
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

function readWrapped(proto: TypeProto, wrapper: Wrapper): TypeReading {
  const { elemType } = proto.optionalType ?? proto.sequenceType ?? {};
  const inner = readType(elemType, INSIDE[wrapper]);
  if (inner.fault !== undefined) {
    return { fault: { kind: inner.fault.kind, message: `is ${formOf(proto)} whose element ${inner.fault.message}` } };
  }
  return { type: { ...inner.type, wrappers: [wrapper, ...(inner.type.wrappers ?? [])] } };
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
