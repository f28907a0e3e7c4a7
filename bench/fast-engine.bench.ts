// How many of a model's floating-point operations a second does the fast engine do (2 for each multiply-accumulate of the mesh's part; all else
// is not counted), how long does it take to load and time a program, and how does the untimed engine compare?
import { FastSession, simulateUntimed } from "@waferc/sim";
import { describe } from "vitest";
import { BENCH_MODELS, nameOf, programOf } from "./programs.ts";
import { benchRate } from "./rate.ts";

describe("fast engine", () => {
  for (const subject of BENCH_MODELS) {
    let session: FastSession | undefined;
    const load = () => {
      const { program, machine, weights } = programOf(subject).compiled;
      session = new FastSession(program, machine, weights, { criticalPath: false });
    };
    const flops = () => 2 * programOf(subject).compiled.partition.meshMacs;
    benchRate({
      name: `fast, load and time: ${nameOf(subject)}`,
      amount: () => session?.waveletHops ?? 0,
      unit: "wavelet-hops",
      run: load,
    });
    benchRate({
      name: `fast, run: ${nameOf(subject)}`,
      amount: flops,
      unit: "model FLOP",
      run: () => void session?.run(programOf(subject).inputs),
    });
  }
});

describe("untimed engine", () => {
  for (const subject of BENCH_MODELS.slice(0, 2)) {
    benchRate({
      name: `untimed, run: ${nameOf(subject)}`,
      amount: () => 2 * programOf(subject).compiled.partition.meshMacs,
      unit: "model FLOP",
      run() {
        const { compiled, inputs } = programOf(subject);
        const { program, machine, weights } = compiled;
        simulateUntimed(program, machine, weights, { inputs });
      },
    });
  }
});
