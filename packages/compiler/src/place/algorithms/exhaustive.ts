/** Placement by trying everything, in row order, keeping the first of the cheapest: exact, as long as there are few combinations. */
import { rectsOverlap } from "@waferc/machine";
import type { Coord } from "@waferc/machine";
import { rectAt } from "../placement-algorithm.ts";
import type { PlacementAlgorithm, PlacementProblem } from "../placement-algorithm.ts";

export interface ExhaustiveOptions {
  readonly maxTries: number;
}

export const exhaustivePlacement: PlacementAlgorithm<ExhaustiveOptions> = {
  name: "exhaustive",
  summary: "every combination of corners; exact, for few groups",
  options: {
    maxTries: { type: "number", byDefault: 2_000_000, about: "Combinations of positions beyond which it gives up." },
  },
  plan: (problem, { maxTries }) => (combinations(problem) > maxTries ? undefined : search(problem)),
};

export function combinations({ corners }: PlacementProblem): number {
  return corners.reduce((product, some) => product * some.length, 1);
}

function search(problem: PlacementProblem): readonly Coord[] | undefined {
  const { corners, cost } = problem;
  let best: { readonly corners: readonly Coord[]; readonly cost: number } | undefined;
  const chosen: Coord[] = [];
  const place = (group: number): void => {
    if (group === corners.length) {
      const total = cost.total(chosen);
      if (best === undefined || total < best.cost) best = { corners: [...chosen], cost: total };
      return;
    }
    for (const corner of corners[group] ?? []) {
      const own = rectAt(problem, group, corner);
      if (chosen.some((other, g) => rectsOverlap(own, rectAt(problem, g, other)))) continue;
      chosen.push(corner);
      place(group + 1);
      chosen.pop();
    }
  };
  place(0);
  return best?.corners;
}
