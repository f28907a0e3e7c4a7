// Compiled expressions and bounds against the evaluator of the program's own package, which the checker does not use.
import { Choices, randomExpr } from "@waferc/testkit/arbitrary";
import { Rng } from "@waferc/base";
import { evaluateExpr } from "@waferc/ir/program";
import { expect, test } from "vitest";
import { boundsOf, compileExpr, valueInRange } from "./compile-expr.ts";

const NAMES = ["x", "y", "p", "i"];
const SLOTS = new Map(NAMES.map((name, slot) => [name, slot]));

test("expressions have the value and the bounds that they have elsewhere", () => {
  const rng = new Rng("compiled expressions");
  let values = 0;
  for (let round = 0; round < 5000; round++) {
    const numbers = Array.from({ length: 60 }, () => rng.below(2 ** 20));
    const expr = randomExpr(new Choices(numbers), { variables: NAMES, params: ["p"] }, 4);
    const low = Float64Array.from(NAMES, () => rng.between(-20, 20));
    const high = low.map((value) => value + rng.below(6));
    const bounds = boundsOf(expr, SLOTS, { low, high });
    const compiled = compileExpr(expr, SLOTS);
    for (let sample = 0; sample < 4; sample++) {
      const frame = Int32Array.from(NAMES, (_, slot) => rng.between(low[slot]!, high[slot]!));
      const env = new Map(NAMES.map((name, slot) => [name, frame[slot]!]));
      let value = NaN;
      try {
        value = evaluateExpr(expr, env);
      } catch {
        // Some operator leaves 32 bits.
      }
      const checked = valueInRange(expr, SLOTS, frame, 0);
      expect(checked + 0).toBe(value);
      if (Number.isNaN(value)) {
        expect(bounds.fits).toBe(false);
        continue;
      }
      values++;
      expect(compiled.evaluate(frame, 0) + 0).toBe(value);
      if (bounds.fits) expect(value >= bounds.min && value <= bounds.max).toBe(true);
      if (compiled.constant !== undefined) expect(compiled.constant + 0).toBe(value);
    }
  }
  expect(values).toBeGreaterThan(5000);
});
