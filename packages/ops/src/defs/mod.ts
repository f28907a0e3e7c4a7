// Mod: remainder with broadcasting. `fmod` 0 gives it the divisor's sign (integers only), 1 the dividend's. A remainder
// by an integer 0 is undefined and gives 0.
import { flag } from "../attr-spec.ts";
import { defineBinary } from "../families/elementwise.ts";

export const modOp = defineBinary({
  kind: "Mod",
  versions: [10, 13],
  attrs: { fmod: flag(false) },
  fn: ({ fmod }) => ({
    ...(fmod ? { float: (a: number, b: number) => a % b } : {}),
    int: (a, b) => (b === 0 ? 0 : fmod ? a % b : a - b * Math.floor(a / b)),
    bigint: (a, b) => {
      if (b === 0n) return 0n;
      const remainder = a % b;
      return fmod || remainder === 0n || remainder < 0n === b < 0n ? remainder : remainder + b;
    },
  }),
});
