// com.microsoft DequantizeLinear: ONNX's, with 4- and 16-bit types before ONNX had them.
import { defineMicrosoftTwin } from "../../families/microsoft-twin.ts";
import { dequantizeLinearOp } from "../dequantize-linear.ts";

export const microsoftDequantizeLinearOp = defineMicrosoftTwin(dequantizeLinearOp);
