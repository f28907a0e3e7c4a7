/** What a placement algorithm is: one function from a problem to corners, deterministic for a seed. */
import type { Rng } from "@waferc/base";
import type { Coord } from "@waferc/machine";
import type { PlacementProblem } from "./placement-problem.ts";

export interface PlacementAlgorithm {
  readonly name: string;
  readonly summary: string;
  /** A corner for each group, without overlap; undefined if it finds none. */
  plan(problem: PlacementProblem, rng: Rng): readonly Coord[] | undefined;
}
