// DynamicSlice: an experimental op of early ONNX releases: Slice with bounds and axes as operands, without steps.
import { defineOp } from "../op-definition.ts";
import { sliceOp } from "./slice.ts";

/** The version of Slice whose operands mean the same. */
const SLICE_VERSION = 10;

export const dynamicSliceOp = defineOp({
  kind: "DynamicSlice",
  versions: [1],
  source: "https://github.com/onnx/onnx/blob/v1.4.1/docs/Operators.md#experimental-DynamicSlice",
  traits: ["movement"],
  operands: [3, 4],
  infer: (ctx) => sliceOp.infer({ ...ctx, version: SLICE_VERSION }),
  evaluate: (ctx) => sliceOp.evaluate({ ...ctx, version: SLICE_VERSION }),
});
