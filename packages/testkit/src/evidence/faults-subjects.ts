// The programs that faults are put into: tinyworld's compiled program with several inputs, and random programs for kinds of faults that have no
// place in it.
import { Rng } from "@waferc/base";
import { randomProgram } from "../programs/random-program.ts";
import { randomData } from "../programs/values.ts";
import { meshInputs } from "./compile-graph.ts";
import { compileModel, TINYWORLD_16 } from "./compile-model.ts";
import type { ModelSubject } from "./compile-model.ts";
import type { FaultSubject } from "./faults-judge.ts";

/** Small enough to run in a second, with every kind of kernel. */
export const TINYWORLD_8X8: ModelSubject = { ...TINYWORLD_16, machine: "mesh8x8" };

/** Besides the embeddings of a golden case, data that bring out small changes: noise, few large elements, many orders of magnitude. */
const NOISES: readonly ((rng: Rng) => number)[] = [
  (rng) => rng.normal(),
  (rng) => (rng.chance(0.05) ? rng.normal() * 30 : 0),
  (rng) => rng.normal() * 2 ** rng.between(-12, 12),
];

/** The least that has all of the program, with two rows on a core: for tests. */
export const TINYWORLD_4X4: ModelSubject = {
  ...TINYWORLD_16,
  dims: { batch: 1, sequence: 8 },
  machine: "mesh4x4",
  overrides: ["core.sramBytes=262144"],
};

export function modelSubject(model: ModelSubject, root: string): FaultSubject {
  const { compiled, inputs } = compileModel(model, root);
  const golden = meshInputs(compiled, inputs);
  const noises = NOISES.map((draw, i) => {
    const rng = new Rng(`noise ${i}`);
    return new Map([...golden].map(([tensor, data]) => [tensor, Float32Array.from(data, () => draw(rng))] as const));
  });
  const { program, machine, weights } = compiled;
  return { program, machine, weights, inputs: [golden, ...noises], observesMemory: false };
}

const INPUTS_OF_RANDOM_PROGRAM = 4;

/** Not every value of a random program reaches a stream, so memory is observed too. */
export function randomSubject(seed: number): FaultSubject {
  const { program, machine, weights, steps, inputs } = randomProgram(seed);
  const rng = new Rng(`inputs ${seed}`);
  const more = Array.from({ length: INPUTS_OF_RANDOM_PROGRAM - 1 }, () => {
    const data = [...inputs].map(([tensor, old]) => {
      const type = old instanceof Float32Array ? "f32" : "i32";
      return [tensor, randomData(rng, type, old.length)] as const;
    });
    return new Map(data);
  });
  return { program, machine, weights, steps, inputs: [inputs, ...more], observesMemory: true };
}
