// The dataflow level: kernels and flows of a target, not yet placed, with text form and verifier.
export type {
  BlockedDim,
  Dataflow,
  Flow,
  FlowPart,
  FlowId,
  Group,
  GroupId,
  Kernel,
  KernelId,
  LoopStep,
  MeshTensor,
  Operand,
  ParamValue,
  Sharding,
  Step,
  TensorId,
  WeightId,
  WeightTensor,
} from "./dataflow.ts";
export type { ParsedDataflow } from "./parse.ts";
export { parseDataflow, readDataflow } from "./parse.ts";
export { printDataflow, printSharding, writeDataflow } from "./print.ts";
export { verifyDataflow } from "./verify.ts";
