// com.microsoft TransposeMatMul: the older name of FusedMatMul.
import { defineMicrosoftTwin } from "../../families/microsoft-twin.ts";
import { fusedMatMulOp } from "./fused-mat-mul.ts";

export const transposeMatMulOp = defineMicrosoftTwin(fusedMatMulOp, { kind: "TransposeMatMul" });
