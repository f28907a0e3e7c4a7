// Public surface of @waferc/onnx.
export { checkModel } from "./check-model.ts";
export type { ModelFindings } from "./check-model.ts";
export { CODES, exitCodeOf } from "./codes.ts";
export { decodeDataProto } from "./data-proto.ts";
export type { NamedData } from "./data-proto.ts";
export type { ExternalData } from "./external.ts";
export { nameWrongFile } from "./file-kind.ts";
export type { WrongFile } from "./file-kind.ts";
export { importModel } from "./import-model.ts";
export type { ImportOptions } from "./import-model.ts";
export { readModelSummary } from "./model-summary.ts";
export type { ModelSummary, OperatorCount } from "./model-summary.ts";
export { decodeTensorProto, encodeTensorProto } from "./tensor-proto.ts";
export type { NamedTensor } from "./tensor-proto.ts";
