// The decoded ONNX messages: what `decodeMessage` makes of them. A field that the file does not write is absent; 64-bit
// integers are bigint. Only fields that somebody reads are here (see schema.ts).
import type { ScalarRun } from "./scalar-run.ts";

export interface ModelProto {
  readonly irVersion?: bigint;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly graph?: GraphProto;
  readonly opsetImport?: readonly OperatorSetIdProto[];
  readonly metadataProps?: readonly StringStringEntryProto[];
  readonly functions?: readonly FunctionProto[];
}

export interface GraphProto {
  readonly node?: readonly NodeProto[];
  readonly name?: string;
  readonly initializer?: readonly TensorProto[];
  readonly input?: readonly ValueInfoProto[];
  readonly output?: readonly ValueInfoProto[];
  readonly valueInfo?: readonly ValueInfoProto[];
  readonly sparseInitializer?: readonly SparseTensorProto[];
}

export interface NodeProto {
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly attribute?: readonly AttributeProto[];
  readonly domain?: string;
  readonly overload?: string;
}

export interface AttributeProto {
  readonly name?: string;
  readonly f?: number;
  readonly i?: bigint;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly floats?: readonly number[];
  readonly ints?: readonly bigint[];
  readonly strings?: readonly Uint8Array[];
  readonly tensors?: readonly TensorProto[];
  readonly graphs?: readonly GraphProto[];
  readonly tp?: TypeProto;
  readonly typeProtos?: readonly TypeProto[];
  readonly type?: number;
  readonly refAttrName?: string;
  readonly sparseTensor?: SparseTensorProto;
  readonly sparseTensors?: readonly SparseTensorProto[];
}

export interface TensorProto {
  readonly dims?: readonly bigint[];
  readonly dataType?: number;
  readonly segment?: object;
  readonly floatData?: ScalarRun;
  readonly int32Data?: ScalarRun;
  readonly stringData?: readonly Uint8Array[];
  readonly int64Data?: ScalarRun;
  readonly name?: string;
  readonly rawData?: Uint8Array;
  readonly doubleData?: ScalarRun;
  readonly uint64Data?: ScalarRun;
  readonly externalData?: readonly StringStringEntryProto[];
  readonly dataLocation?: number;
}

export interface SparseTensorProto {
  readonly values?: TensorProto;
  readonly indices?: TensorProto;
  readonly dims?: readonly bigint[];
}

export interface ValueInfoProto {
  readonly name?: string;
  readonly type?: TypeProto;
}

export interface TypeProto {
  readonly tensorType?: TensorTypeProto;
  readonly sequenceType?: ElementTypeProto;
  readonly mapType?: { readonly keyType?: number; readonly valueType?: TypeProto };
  readonly opaqueType?: { readonly domain?: string; readonly name?: string };
  readonly sparseTensorType?: TensorTypeProto;
  readonly optionalType?: ElementTypeProto;
}

export interface TensorTypeProto {
  readonly elemType?: number;
  readonly shape?: { readonly dim?: readonly DimensionProto[] };
}

export interface ElementTypeProto {
  readonly elemType?: TypeProto;
}

export interface DimensionProto {
  readonly dimValue?: bigint;
  readonly dimParam?: string;
}

export interface OperatorSetIdProto {
  readonly domain?: string;
  readonly version?: bigint;
}

export interface StringStringEntryProto {
  readonly key?: string;
  readonly value?: string;
}

export interface FunctionProto {
  readonly name?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly attribute?: readonly string[];
  readonly node?: readonly NodeProto[];
  readonly opsetImport?: readonly OperatorSetIdProto[];
  readonly domain?: string;
  readonly attributeProto?: readonly AttributeProto[];
  readonly valueInfo?: readonly ValueInfoProto[];
  readonly overload?: string;
}

export interface SequenceProto {
  readonly name?: string;
  readonly elemType?: number;
  readonly tensorValues?: readonly TensorProto[];
  readonly sparseTensorValues?: readonly SparseTensorProto[];
  readonly sequenceValues?: readonly SequenceProto[];
  readonly mapValues?: readonly MapProto[];
  readonly optionalValues?: readonly OptionalProto[];
}

export interface MapProto {
  readonly name?: string;
  readonly keyType?: number;
  readonly keys?: readonly bigint[];
  readonly stringKeys?: readonly Uint8Array[];
  readonly values?: SequenceProto;
}

export interface OptionalProto {
  readonly name?: string;
  readonly elemType?: number;
  readonly tensorValue?: TensorProto;
  readonly sparseTensorValue?: SparseTensorProto;
  readonly sequenceValue?: SequenceProto;
  readonly mapValue?: MapProto;
  readonly optionalValue?: OptionalProto;
}

/** Messages that are decoded as such. */
export interface Messages {
  readonly ModelProto: ModelProto;
  readonly GraphProto: GraphProto;
  readonly NodeProto: NodeProto;
  readonly AttributeProto: AttributeProto;
  readonly TensorProto: TensorProto;
  readonly SparseTensorProto: SparseTensorProto;
  readonly ValueInfoProto: ValueInfoProto;
  readonly TypeProto: TypeProto;
  readonly FunctionProto: FunctionProto;
  readonly SequenceProto: SequenceProto;
  readonly OptionalProto: OptionalProto;
}
