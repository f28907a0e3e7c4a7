// The graph level: ops and values as ONNX means them.
export type { Block, Dim, Graph, GraphOutput, Op, OpId, Shape, TensorSource, TensorType, Value, ValueId, ValueType } from "./graph.ts";
export {
  allOps,
  blocksOf,
  capturesOf,
  elementCount,
  isStaticShape,
  opId,
  qualifiedKind,
  readsOf,
  tensorTypeOf,
  UNKNOWN_DIM,
  valueId,
  valueOf,
} from "./graph.ts";
export type { Attr, Attrs, AttrType } from "./attr.ts";
export * as attr from "./attr.ts";
export type { OpSpec, ResultSpec } from "./builder.ts";
export { GraphBuilder } from "./builder.ts";
export { sourceOf } from "./source.ts";
