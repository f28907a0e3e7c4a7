/**
 * Simulated annealing (Kirkpatrick, Gelatt, Vecchi 1983) over corners: a move takes one group to another legal corner, or exchanges the corners of two
 * groups; moves that overlap are refused, so every state is legal. Starts from first fit in decreasing area, in a few shuffled orders if need be.
 * Geometric cooling from the spread of random moves. Unlike VPR's annealer there is no range limit: groups are few.
 */
import type { Rng } from "@waferc/base";
import type { Coord } from "@waferc/machine";
import type { PlacementAlgorithm } from "../placement-algorithm.ts";
import type { PlacementProblem } from "../placement-problem.ts";

const STARTS = 32;
const MOVES_PER_TEMPERATURE_AND_GROUP = 64;
const COOLING = 0.9;
const TEMPERATURES = 80;

export const anneal: PlacementAlgorithm = {
  name: "anneal",
  summary: "simulated annealing over the corners of the regions",
  plan(problem, rng) {
    const start = firstFit(problem, rng);
    return start === undefined ? undefined : cool(problem, start, rng);
  },
};

function firstFit(problem: PlacementProblem, rng: Rng): Coord[] | undefined {
  const area = (group: number) => (problem.sizes[group]?.width ?? 0) * (problem.sizes[group]?.height ?? 0);
  const byArea = [...problem.sizes.keys()].sort((a, b) => area(b) - area(a) || a - b);
  for (let start = 0; start < STARTS; start++) {
    const order = start === 0 ? byArea : rng.shuffle(byArea);
    const corners = fitInOrder(problem, order);
    if (corners !== undefined) return corners;
  }
  return undefined;
}

function fitInOrder(problem: PlacementProblem, order: readonly number[]): Coord[] | undefined {
  const placed = new Map<number, Coord>();
  for (const group of order) {
    const corner = (problem.candidates[group] ?? []).find((candidate) =>
      [...placed].every(([other, at]) => !problem.overlaps(group, candidate, other, at)),
    );
    if (corner === undefined) return undefined;
    placed.set(group, corner);
  }
  return problem.sizes.map((_, group) => placed.get(group) ?? { x: 0, y: 0 });
}

function cool(problem: PlacementProblem, start: Coord[], rng: Rng): readonly Coord[] {
  let current = start;
  let cost = problem.cost(current);
  let best = current;
  let bestCost = cost;
  const groups = problem.sizes.length;
  let temperature = Math.max(1, cost);
  for (let step = 0; step < TEMPERATURES; step++, temperature *= COOLING) {
    for (let move = 0; move < MOVES_PER_TEMPERATURE_AND_GROUP * groups; move++) {
      const next = propose(problem, current, rng);
      if (next === undefined) continue;
      const nextCost = problem.cost(next);
      if (nextCost > cost && rng.float() >= Math.exp((cost - nextCost) / temperature)) continue;
      current = next;
      cost = nextCost;
      if (cost < bestCost) [best, bestCost] = [current, cost];
    }
  }
  return best;
}

function propose(problem: PlacementProblem, current: readonly Coord[], rng: Rng): Coord[] | undefined {
  const next = [...current];
  const a = rng.below(current.length);
  if (current.length > 1 && rng.chance(0.3)) {
    const b = rng.below(current.length);
    const [cornerA, cornerB] = [current[a], current[b]];
    if (a === b || cornerA === undefined || cornerB === undefined) return undefined;
    next[a] = cornerB;
    next[b] = cornerA;
    return isLegal(problem, next, a) && isLegal(problem, next, b) ? next : undefined;
  }
  next[a] = rng.pick(problem.candidates[a] ?? []);
  return isLegal(problem, next, a) ? next : undefined;
}

function isLegal(problem: PlacementProblem, corners: readonly Coord[], group: number): boolean {
  const corner = corners[group];
  if (corner === undefined) return false;
  const isCandidate = (problem.candidates[group] ?? []).some(({ x, y }) => x === corner.x && y === corner.y);
  return (
    isCandidate && corners.every((other, index) => index === group || !problem.overlaps(group, corner, index, other))
  );
}
