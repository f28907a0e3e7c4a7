// The graph level: ops and values as ONNX means them, with text form and verifier.
export type {
  Block,
  Dim,
  Graph,
  GraphOutput,
  Op,
  OpId,
  Shape,
  TensorSource,
  TensorType,
  Value,
  ValueId,
  ValueType,
  Wrapper,
} from "./graph.ts";
export {
  allOps,
  blocksOf,
  capturesOf,
  elementCount,
  isStaticShape,
  isTensorType,
  opId,
  qualifiedKind,
  readsOf,
  tensorTypeOf,
  UNKNOWN_DIM,
  valueId,
  valueOf,
} from "./graph.ts";
export type { Attr, Attrs, AttrType } from "./attr.ts";
export {
  attr,
  attrsOf,
  blockAttr,
  floatAttr,
  floatsAttr,
  intAttr,
  intsAttr,
  safeInteger,
  stringAttr,
  stringsAttr,
  tensorAttr,
} from "./attr.ts";
export type { OpSpec, ResultSpec } from "./builder.ts";
export { GraphBuilder } from "./builder.ts";
export type { BlobKey, ParsedGraph, ParseGraphOptions } from "./parse.ts";
export { parseGraph, readGraph } from "./parse.ts";
export type { PrintGraphOptions } from "./print.ts";
export { printGraph, printType, printValue, writeGraph } from "./print.ts";
export { sourceOf } from "./source.ts";
export type { OpRules } from "./verify.ts";
export { verifyGraph } from "./verify.ts";
