// The ONNX messages as a table: which field numbers a message has, and how each is written on the wire. `scanWire` walks a
// file by this table before anything is decoded, and `decodeMessage` decodes by it. Sources: onnx/onnx.proto (IR version 14)
// and onnx/onnx-data.proto; `schema.test.ts` holds it against the schema that onnx-proto 8.0.1 carries (IR version 8).
// Fields that nothing reads (documentation, metadata) are walked, never decoded: they are a large part of some files.

/** How a scalar is written: its protobuf type. Enumerations are int32. */
export type ScalarKind = "int32" | "int64" | "uint64" | "float" | "double" | "bytes" | "string";
export type FieldKind = ScalarKind | MessageName;

export interface Field {
  readonly id: number;
  /** As the .proto file has it, `ir_version`. */
  readonly name: string;
  /** Name in decoded messages, `irVersion`. */
  readonly key: string;
  readonly kind: FieldKind;
  readonly isRepeated: boolean;
  /** Walked, but not decoded. */
  readonly isSkipped: boolean;
  /** Repeated numbers that stay in the file's bytes until somebody reads them: `ScalarRun`. */
  readonly isRun: boolean;
}

// After a kind: * repeated, ~ repeated and kept as a run, - not decoded.
const SPECS = {
  ModelProto:
    "1 ir_version int64, 2 producer_name string, 3 producer_version string, 4 domain string-, 5 model_version int64-, " +
    "6 doc_string string-, 7 graph GraphProto, 8 opset_import OperatorSetIdProto*, 14 metadata_props StringStringEntryProto*, " +
    "20 training_info TrainingInfoProto*-, 25 functions FunctionProto*, 26 configuration DeviceConfigurationProto*-",
  GraphProto:
    "1 node NodeProto*, 2 name string, 5 initializer TensorProto*, 10 doc_string string-, 11 input ValueInfoProto*, " +
    "12 output ValueInfoProto*, 13 value_info ValueInfoProto*, 14 quantization_annotation TensorAnnotation*-, " +
    "15 sparse_initializer SparseTensorProto*, 16 metadata_props StringStringEntryProto*-",
  NodeProto:
    "1 input string*, 2 output string*, 3 name string, 4 op_type string, 5 attribute AttributeProto*, 6 doc_string string-, " +
    "7 domain string, 8 overload string, 9 metadata_props StringStringEntryProto*-, " +
    "10 device_configurations NodeDeviceConfigurationProto*-",
  AttributeProto:
    "1 name string, 2 f float, 3 i int64, 4 s bytes, 5 t TensorProto, 6 g GraphProto, 7 floats float*, 8 ints int64*, " +
    "9 strings bytes*, 10 tensors TensorProto*, 11 graphs GraphProto*, 13 doc_string string-, 14 tp TypeProto, " +
    "15 type_protos TypeProto*, 20 type int32, 21 ref_attr_name string, 22 sparse_tensor SparseTensorProto, " +
    "23 sparse_tensors SparseTensorProto*",
  TensorProto:
    "1 dims int64*, 2 data_type int32, 3 segment Segment, 4 float_data float~, 5 int32_data int32~, 6 string_data bytes*, " +
    "7 int64_data int64~, 8 name string, 9 raw_data bytes, 10 double_data double~, 11 uint64_data uint64~, 12 doc_string string-, " +
    "13 external_data StringStringEntryProto*, 14 data_location int32, 16 metadata_props StringStringEntryProto*-",
  SparseTensorProto: "1 values TensorProto, 2 indices TensorProto, 3 dims int64*",
  Segment: "1 begin int64, 2 end int64",
  ValueInfoProto: "1 name string, 2 type TypeProto, 3 doc_string string-, 4 metadata_props StringStringEntryProto*-",
  TypeProto:
    "1 tensor_type TensorType, 4 sequence_type ElementType, 5 map_type MapType, 6 denotation string-, 7 opaque_type OpaqueType, " +
    "8 sparse_tensor_type TensorType, 9 optional_type ElementType",
  TensorType: "1 elem_type int32, 2 shape TensorShapeProto",
  ElementType: "1 elem_type TypeProto",
  MapType: "1 key_type int32, 2 value_type TypeProto",
  OpaqueType: "1 domain string, 2 name string",
  TensorShapeProto: "1 dim Dimension*",
  Dimension: "1 dim_value int64, 2 dim_param string, 3 denotation string-",
  OperatorSetIdProto: "1 domain string, 2 version int64",
  StringStringEntryProto: "1 key string, 2 value string",
  TensorAnnotation: "1 tensor_name string, 2 quant_parameter_tensor_names StringStringEntryProto*",
  TrainingInfoProto:
    "1 initialization GraphProto, 2 algorithm GraphProto, 3 initialization_binding StringStringEntryProto*, " +
    "4 update_binding StringStringEntryProto*",
  FunctionProto:
    "1 name string, 4 input string*, 5 output string*, 6 attribute string*, 7 node NodeProto*, 8 doc_string string-, " +
    "9 opset_import OperatorSetIdProto*, 10 domain string, 11 attribute_proto AttributeProto*, 12 value_info ValueInfoProto*, " +
    "13 overload string, 14 metadata_props StringStringEntryProto*-",
  DeviceConfigurationProto: "1 name string, 2 num_devices int32, 3 device string*",
  NodeDeviceConfigurationProto: "1 configuration_id string, 2 sharding_spec bytes*, 3 pipeline_stage int32",
  SequenceProto:
    "1 name string, 2 elem_type int32, 3 tensor_values TensorProto*, 4 sparse_tensor_values SparseTensorProto*, " +
    "5 sequence_values SequenceProto*, 6 map_values MapProto*, 7 optional_values OptionalProto*",
  MapProto: "1 name string, 2 key_type int32, 3 keys int64*, 4 string_keys bytes*, 5 values SequenceProto",
  OptionalProto:
    "1 name string, 2 elem_type int32, 3 tensor_value TensorProto, 4 sparse_tensor_value SparseTensorProto, " +
    "5 sequence_value SequenceProto, 6 map_value MapProto, 7 optional_value OptionalProto",
} as const;

export type MessageName = keyof typeof SPECS;

function parseField(text: string): Field {
  const [id = "", name = "", type = ""] = text.trim().split(" ");
  const [, kind = "", marks = ""] = /^(\w+)([*~-]*)$/.exec(type) ?? [];
  return {
    id: Number(id),
    name,
    key: name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
    kind: kind as FieldKind,
    isRepeated: /[*~]/.test(marks),
    isSkipped: marks.includes("-"),
    isRun: marks.includes("~"),
  };
}

const MESSAGES = new Map<string, ReadonlyMap<number, Field>>(
  Object.entries(SPECS).map(([name, spec]) => [
    name,
    new Map(
      spec
        .split(",")
        .map(parseField)
        .map((field) => [field.id, field]),
    ),
  ]),
);

export const MESSAGE_NAMES = Object.keys(SPECS) as readonly MessageName[];

/** The fields of a message by field number. */
export function fieldsOf(message: MessageName): ReadonlyMap<number, Field> {
  return MESSAGES.get(message) ?? new Map<number, Field>();
}

/** Whether a field kind names a message rather than a scalar. */
export function isMessageKind(kind: FieldKind): kind is MessageName {
  return MESSAGES.has(kind);
}

/** Wire type of one value: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
export function wireTypeOf(kind: FieldKind): 0 | 1 | 2 | 5 {
  switch (kind) {
    case "int32":
    case "int64":
    case "uint64":
      return 0;
    case "double":
      return 1;
    case "float":
      return 5;
    default:
      return 2;
  }
}
