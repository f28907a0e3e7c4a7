// HannWindow: (1 - cos(2 pi k / n)) / 2.
import { defineWindow } from "../families/window.ts";

export const hannWindowOp = defineWindow({ kind: "HannWindow", terms: [0.5, -0.5] });
