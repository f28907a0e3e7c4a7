// com.microsoft GatherND: ONNX's op without batch axes, from before ONNX had it.
import { defineMicrosoftTwin } from "../../families/microsoft-twin.ts";
import { gatherNDOp } from "../gather-nd.ts";

export const microsoftGatherNDOp = defineMicrosoftTwin(gatherNDOp);
