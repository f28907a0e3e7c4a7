// The ONNX messages as a table: which field numbers a message has, and how each is written on the wire.
// `scanWire` walks a file by this table before anything is decoded. Source: onnx/onnx.proto of IR version 8,
// the schema that onnx-proto 8.0.1 carries, plus the fields of later IR versions that hold messages or strings
// (node overload and metadata, function attributes), which the scan must know to measure depth and report place.

/** How a field is written: a scalar kind, or the name of the message it holds. */
export type FieldKind = "varint" | "fixed32" | "fixed64" | "bytes" | "string" | MessageName;

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly isRepeated: boolean;
}

const SPECS = {
  ModelProto:
    "1 ir_version varint, 2 producer_name string, 3 producer_version string, 4 domain string, 5 model_version varint, " +
    "6 doc_string string, 7 graph GraphProto, 8 opset_import OperatorSetIdProto*, 14 metadata_props StringStringEntryProto*, " +
    "20 training_info TrainingInfoProto*, 25 functions FunctionProto*",
  GraphProto:
    "1 node NodeProto*, 2 name string, 5 initializer TensorProto*, 10 doc_string string, 11 input ValueInfoProto*, " +
    "12 output ValueInfoProto*, 13 value_info ValueInfoProto*, 14 quantization_annotation TensorAnnotation*, " +
    "15 sparse_initializer SparseTensorProto*, 16 metadata_props StringStringEntryProto*",
  NodeProto:
    "1 input string*, 2 output string*, 3 name string, 4 op_type string, 5 attribute AttributeProto*, 6 doc_string string, " +
    "7 domain string, 8 overload string, 9 metadata_props StringStringEntryProto*",
  AttributeProto:
    "1 name string, 2 f fixed32, 3 i varint, 4 s bytes, 5 t TensorProto, 6 g GraphProto, 7 floats fixed32*, 8 ints varint*, " +
    "9 strings bytes*, 10 tensors TensorProto*, 11 graphs GraphProto*, 13 doc_string string, 14 tp TypeProto, " +
    "15 type_protos TypeProto*, 20 type varint, 21 ref_attr_name string, 22 sparse_tensor SparseTensorProto, " +
    "23 sparse_tensors SparseTensorProto*",
  TensorProto:
    "1 dims varint*, 2 data_type varint, 3 segment Segment, 4 float_data fixed32*, 5 int32_data varint*, 6 string_data bytes*, " +
    "7 int64_data varint*, 8 name string, 9 raw_data bytes, 10 double_data fixed64*, 11 uint64_data varint*, 12 doc_string string, " +
    "13 external_data StringStringEntryProto*, 14 data_location varint, 16 metadata_props StringStringEntryProto*",
  SparseTensorProto: "1 values TensorProto, 2 indices TensorProto, 3 dims varint*",
  Segment: "1 begin varint, 2 end varint",
  ValueInfoProto: "1 name string, 2 type TypeProto, 3 doc_string string, 4 metadata_props StringStringEntryProto*",
  TypeProto:
    "1 tensor_type TensorType, 4 sequence_type ElementType, 5 map_type MapType, 6 denotation string, 7 opaque_type OpaqueType, " +
    "8 sparse_tensor_type TensorType, 9 optional_type ElementType",
  TensorType: "1 elem_type varint, 2 shape TensorShapeProto",
  ElementType: "1 elem_type TypeProto",
  MapType: "1 key_type varint, 2 value_type TypeProto",
  OpaqueType: "1 domain string, 2 name string",
  TensorShapeProto: "1 dim Dimension*",
  Dimension: "1 dim_value varint, 2 dim_param string, 3 denotation string",
  OperatorSetIdProto: "1 domain string, 2 version varint",
  StringStringEntryProto: "1 key string, 2 value string",
  TensorAnnotation: "1 tensor_name string, 2 quant_parameter_tensor_names StringStringEntryProto*",
  TrainingInfoProto:
    "1 initialization GraphProto, 2 algorithm GraphProto, 3 initialization_binding StringStringEntryProto*, " +
    "4 update_binding StringStringEntryProto*",
  FunctionProto:
    "1 name string, 4 input string*, 5 output string*, 6 attribute string*, 7 node NodeProto*, 8 doc_string string, " +
    "9 opset_import OperatorSetIdProto*, 10 domain string, 11 attribute_proto AttributeProto*, 12 value_info ValueInfoProto*, " +
    "13 overload string, 14 metadata_props StringStringEntryProto*",
} as const;

export type MessageName = keyof typeof SPECS;

function parseSpec(spec: string): ReadonlyMap<number, Field> {
  const fields = new Map<number, Field>();
  for (const part of spec.split(",")) {
    const [id = "", name = "", type = ""] = part.trim().split(" ");
    const isRepeated = type.endsWith("*");
    fields.set(Number(id), { name, kind: (isRepeated ? type.slice(0, -1) : type) as FieldKind, isRepeated });
  }
  return fields;
}

const MESSAGES = new Map<MessageName, ReadonlyMap<number, Field>>(
  (Object.keys(SPECS) as MessageName[]).map((name) => [name, parseSpec(SPECS[name])]),
);

/** The fields of a message by field number. */
export function fieldsOf(message: MessageName): ReadonlyMap<number, Field> {
  return MESSAGES.get(message) ?? new Map<number, Field>();
}

/** Whether a field kind names a message rather than a scalar. */
export function isMessageKind(kind: FieldKind): kind is MessageName {
  return MESSAGES.has(kind as MessageName);
}
