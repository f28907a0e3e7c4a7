// Public surface of @waferc/ir/program: the noun, questions about its parts, and builders of expressions.
import * as expr from "./build-expr.ts";
export { expr };
export type { ExprLike } from "./build-expr.ts";
export {
  coreCount,
  coreSetBounds,
  coreSetContains,
  enumerateCores,
  firstCommonCore,
  indexInCoreSet,
  rectOfCores,
} from "./core-set.ts";
export {
  constantValue,
  evaluateExpr,
  exprRange,
  floorMod,
  INT32_MAX,
  INT32_MIN,
  isInt32,
  variablesOf,
} from "./expr.ts";
export type { ExprEnv, Interval } from "./expr.ts";
export { ELEMENT_TYPES, elementBytes, emptyData, is16Bit, streamWavelets, waveletsOf } from "./element-type.ts";
export {
  bufferBytes,
  codeBytes,
  colorUses,
  costClassOf,
  costTypeOf,
  dataBytes,
  instructionCount,
  isLocal,
  viewSize,
  viewUses,
  walkInstructions,
} from "./instructions.ts";
export type { ColorUse, ViewUse } from "./instructions.ts";
export { instructionEntity } from "./entity.ts";
export { printExpr } from "./expr-text.ts";
export type { ParsedProgram } from "./parse.ts";
export { parseProgram, readProgram } from "./parse.ts";
export { printProgram, writeProgram } from "./print.ts";
export { verifyProgram } from "./verify.ts";
export type {
  BinaryFn,
  Binding,
  BindingDim,
  Buffer,
  Code,
  ColorOperand,
  CompareFn,
  ControlInstruction,
  CoreClass,
  CoreSet,
  ElementType,
  Entry,
  Expr,
  FabricInstruction,
  ForwardFn,
  HostStream,
  Instruction,
  KernelInfo,
  LocalInstruction,
  ParamValue,
  Program,
  ProgramTensor,
  ReduceFn,
  RepeatInstruction,
  RouterPort,
  RouterRules,
  Rule,
  Side,
  Source,
  StepScalar,
  StreamPart,
  StridedRect,
  TensorData,
  TensorSource,
  UnaryFn,
  View,
  ViewDim,
} from "./program.ts";
export { joinParts, splitParts, streamParts } from "./host-stream.ts";
export type { WfpBudget } from "./wfp.ts";
export { decodeProgram, DEFAULT_WFP_BUDGET, encodeProgram, isWfp } from "./wfp.ts";
