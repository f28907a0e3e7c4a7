// Mod: remainder with broadcasting. `fmod` 0 gives it the divisor's sign, 1 the dividend's. Floats need 1 by the
// specification; with 0 they are as numpy has them, and as ONNX's test data has them. A remainder by an integer 0 is
// undefined and gives 0.
import { flag } from "../attr-spec.ts";
import { defineBinary } from "../families/elementwise.ts";

export const modOp = defineBinary({
  kind: "Mod",
  versions: [10, 13],
  attrs: { fmod: flag(false) },
  fn: ({ fmod }) => ({
    float: (a, b) => {
      const remainder = a % b;
      return fmod || remainder === 0 || remainder < 0 === b < 0 ? remainder : remainder + b;
    },
    int: (a, b) => (b === 0 ? 0 : fmod ? a % b : a - b * Math.floor(a / b)),
    bigint: (a, b) => {
      if (b === 0n) return 0n;
      const remainder = a % b;
      return fmod || remainder === 0n || remainder < 0n === b < 0n ? remainder : remainder + b;
    },
  }),
});
