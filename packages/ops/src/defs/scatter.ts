// Scatter: the old name of ScatterElements without a reduction; deprecated since version 11.
import { scatterElementsOp } from "./scatter-elements.ts";
import type { AnyOpDefinition } from "../op-definition.ts";

export const scatterOp: AnyOpDefinition = {
  ...scatterElementsOp,
  kind: "Scatter",
  versions: [9, 11],
  source: "https://onnx.ai/onnx/operators/onnx__Scatter.html",
};
