/** Tries every combination of legal corners, in row order, and keeps the first of the cheapest. For one or two groups; exact. */
import type { Coord } from "@waferc/machine";
import type { PlacementAlgorithm } from "../placement-algorithm.ts";
import type { PlacementProblem } from "../placement-problem.ts";

/** Number of combinations up to which trying all is quick. */
export const EXHAUSTIVE_LIMIT = 2_000_000;

export function combinations(problem: PlacementProblem): number {
  return problem.candidates.reduce((product, corners) => product * corners.length, 1);
}

export const exhaustive: PlacementAlgorithm = {
  name: "exhaustive",
  summary: "every combination of corners; exact, for few groups",
  plan(problem) {
    let best: { readonly corners: readonly Coord[]; readonly cost: number } | undefined;
    const corners: Coord[] = [];
    const visit = (group: number): void => {
      if (group === problem.sizes.length) {
        const cost = problem.cost(corners);
        if (best === undefined || cost < best.cost) best = { corners: [...corners], cost };
        return;
      }
      for (const corner of problem.candidates[group] ?? []) {
        if (corners.some((other, index) => problem.overlaps(group, corner, index, other))) continue;
        corners.push(corner);
        visit(group + 1);
        corners.pop();
      }
    };
    visit(0);
    return best?.corners;
  },
};
