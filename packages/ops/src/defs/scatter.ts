// Scatter: the old name of ScatterElements without a reduction; deprecated since version 11.
import { defineOp } from "../op-definition.ts";
import { scatterElementsOp } from "./scatter-elements.ts";

export const scatterOp = defineOp({
  ...scatterElementsOp,
  kind: "Scatter",
  versions: [9, 11],
  source: "https://onnx.ai/onnx/operators/onnx__Scatter.html",
});
