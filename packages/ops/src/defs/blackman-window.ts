// BlackmanWindow: 0.42 - 0.5 cos(2 pi k / n) + 0.08 cos(4 pi k / n).
import { defineWindow } from "../families/window.ts";

export const blackmanWindowOp = defineWindow({ kind: "BlackmanWindow", terms: [0.42, -0.5, 0.08] });
