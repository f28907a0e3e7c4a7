// HammingWindow: 25/46 - 21/46 cos(2 pi k / n).
import { defineWindow } from "../families/window.ts";

export const hammingWindowOp = defineWindow({ kind: "HammingWindow", terms: [25 / 46, -21 / 46] });
