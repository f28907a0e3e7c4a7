// How many wavelet-hops a second does the cycle engine move, and what do values and the critical path cost?
import { simulateCycle } from "@waferc/sim";
import type { CycleOptions } from "@waferc/sim";
import { describe } from "vitest";
import { BENCH_MODELS, nameOf, programOf } from "./programs.ts";
import { benchRate } from "./rate.ts";

const FORMS: readonly (readonly [name: string, options: Partial<CycleOptions>])[] = [
  ["timing only", { timingOnly: true }],
  ["with values", {}],
  ["with values and critical path", { criticalPath: true }],
];

describe("cycle engine", () => {
  for (const subject of BENCH_MODELS) {
    for (const [form, options] of FORMS) {
      let hops = 0;
      benchRate({
        name: `cycle, ${form}: ${nameOf(subject)}`,
        amount: () => hops,
        unit: "wavelet-hops",
        run() {
          const { compiled, inputs } = programOf(subject);
          const { program, machine, weights } = compiled;
          hops = simulateCycle(program, machine, weights, { inputs, ...options }).waveletHops;
        },
      });
    }
  }
});
