// The programs that faults are put into: tinyworld's compiled program with several inputs, and random programs for kinds of faults that have no
// place in it.
import { Rng } from "@waferc/base";
import type { TensorData } from "@waferc/ir/program";
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
  (rng) => rng.normal() * (rng.chance(0.02) ? 100 : 0.001),
];

/** Enough for the last bits of most weights. */
const INPUTS_OF_MODEL = 40;

/** The least that has all of the program, with two rows on a core: for tests. */
export const TINYWORLD_4X4: ModelSubject = {
  ...TINYWORLD_16,
  dims: { batch: 1, sequence: 5 },
  machine: "mesh4x4",
  overrides: ["core.sramBytes=262144"],
};

export function modelSubject(model: ModelSubject, root: string): FaultSubject {
  const { compiled, inputs } = compileModel(model, root);
  const golden = meshInputs(compiled, inputs);
  const input = (index: number) => {
    const draw = NOISES[index % NOISES.length]!;
    const rng = new Rng(`input ${index}`);
    return index === 0 ? golden : mapData(golden, (data) => Float32Array.from(data, () => draw(rng)));
  };
  const { program, machine, weights } = compiled;
  const inputCount = INPUTS_OF_MODEL;
  return { program, machine, weights, inputCount, input, isFinite: true, observesMemory: false };
}

const INPUTS_OF_RANDOM_PROGRAM = 4;

/** Not every value of a random program reaches a stream, so memory is observed too. Of one entry, since one is run. */
export function randomSubject(seed: number): FaultSubject {
  const { program, machine, weights, steps, inputs } = randomProgram(seed, {
    mayKeepState: false,
  });
  const types = new Map(program.entries[0]?.streams.map(({ tensor, type }) => [tensor, type] as const));
  const input = (index: number) => {
    const rng = new Rng(`input ${seed} ${index}`);
    if (index === 0) return inputs;
    return mapData(inputs, (data, tensor) => randomData(rng, types.get(tensor) ?? "f32", data.length));
  };
  const inputCount = INPUTS_OF_RANDOM_PROGRAM;
  return { program, machine, weights, steps, inputCount, input, isFinite: false, observesMemory: true };
}

function mapData(inputs: ReadonlyMap<string, TensorData>, change: (data: TensorData, tensor: string) => TensorData) {
  return new Map([...inputs].map(([tensor, data]) => [tensor, change(data, tensor)] as const));
}
