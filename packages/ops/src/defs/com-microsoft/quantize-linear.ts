// com.microsoft QuantizeLinear: ONNX's, with 4- and 16-bit types before ONNX had them.
import { defineMicrosoftTwin } from "../../families/microsoft-twin.ts";
import { quantizeLinearOp } from "../quantize-linear.ts";

export const microsoftQuantizeLinearOp = defineMicrosoftTwin(quantizeLinearOp);
