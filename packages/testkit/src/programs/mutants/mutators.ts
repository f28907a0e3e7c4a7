// All kinds of single faults, and one of any kind.
import type { Rng } from "@waferc/base";
import type { Program } from "@waferc/ir/program";
import { codeMutators } from "./code-mutators.ts";
import { memoryMutators } from "./memory-mutators.ts";
import type { Mutant, Mutator } from "./mutator.ts";
import { classMutators, routeMutators, streamMutators } from "./route-mutators.ts";
import { valueMutators } from "./value-mutators.ts";
import { viewMutators } from "./view-mutators.ts";

export const MUTATORS: readonly Mutator[] = [
  ...routeMutators,
  ...classMutators,
  ...streamMutators,
  ...viewMutators,
  ...codeMutators,
  ...memoryMutators,
  ...valueMutators,
];

/** A fault of any kind that the program has a place for. */
export function mutate(program: Program, rng: Rng): Mutant | undefined {
  for (const { mutate: insert } of rng.shuffle(MUTATORS)) {
    const mutant = insert(program, rng);
    if (mutant) return mutant;
  }
  return undefined;
}
