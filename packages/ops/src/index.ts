// Public surface of @waferc/ops.
export { flopsOf, macsOf } from "./cost.ts";
export { isOptional, isSequence, isTensor, optionalOf, sequenceOf } from "./data.ts";
export type { Data, OptionalData, SequenceData } from "./data.ts";
export { evaluateGraph, evaluateGraphData } from "./evaluate-graph.ts";
export type { EvaluateGraphOptions } from "./evaluate-graph.ts";
export { evaluateOp, evaluateOpData, foldOp } from "./evaluate.ts";
export type { BlockRunner } from "./evaluate.ts";
export { inferOp } from "./infer.ts";
export type { BlockResults, OpLike } from "./infer.ts";
export { dtypeOfOnnx, onnxOfDType } from "./onnx-dtype.ts";
export type { AnyOpDefinition, Arity, OpTrait, StaticType } from "./op-definition.ts";
export { OpError } from "./op-error.ts";
export { opRules } from "./op-rules.ts";
export { definitionOf, findOp, opTable } from "./op-table.ts";
export type { ResolvedOp } from "./op-table.ts";
