// com.microsoft Trilu: ONNX's op, from before ONNX had it.
import { defineMicrosoftTwin } from "../../families/microsoft-twin.ts";
import { triluOp } from "../trilu.ts";

export const microsoftTriluOp = defineMicrosoftTwin(triluOp);
