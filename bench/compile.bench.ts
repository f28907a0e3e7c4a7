// How long does a compile take, phase by phase, from bytes to a checked program, without files? The first run is what a user waits for; later ones show
// what is left once the code is warm.
import { checkProgram } from "@waferc/check";
import { compileModel } from "@waferc/testkit/evidence";
import { describe } from "vitest";
import { BENCH_MODELS, nameOf } from "./programs.ts";
import { benchRate } from "./rate.ts";

describe("compile", () => {
  for (const subject of BENCH_MODELS) {
    let phases = new Map<string, number>();
    benchRate({
      name: `compile: ${nameOf(subject)}`,
      amount: () => {
        const texts = [...phases].map(([phase, seconds]) => `${phase} ${seconds.toFixed(3)}`);
        console.log(`seconds by phase: ${texts.join(", ")}`);
        return 1;
      },
      unit: "compiles",
      run() {
        phases = new Map();
        let last = performance.now();
        const onPhase = (name: string) => {
          phases.set(name, (performance.now() - last) / 1000);
          last = performance.now();
        };
        const { compiled } = compileModel(subject, process.cwd(), { onPhase });
        checkProgram(compiled.program, compiled.machine);
        onPhase("check");
      },
    });
  }
});
