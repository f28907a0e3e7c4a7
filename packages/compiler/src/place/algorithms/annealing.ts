/**
 * Placement by simulated annealing (Kirkpatrick, Gelatt and Vecchi, "Optimization by Simulated Annealing", Science 1983). A state is a legal
 * corner for every group; a move shifts one group or exchanges two, and is refused if regions overlap, so every state is legal. Starts from the
 * cheapest of several greedy packings, because on a full grid few moves are legal. Unlike placers of netlists it has no range limit: groups
 * are few.
 */
import type { Rng } from "@waferc/base";
import { rectsOverlap } from "@waferc/machine";
import type { Coord, Rect } from "@waferc/machine";
import { rectAt } from "../placement-algorithm.ts";
import type { PlacementAlgorithm, PlacementProblem } from "../placement-algorithm.ts";

export interface AnnealingOptions {
  readonly movesPerGroup: number;
  readonly cooling: number;
  readonly packings: number;
}

/** Temperatures at the start and end, as shares of the cost at the start. */
const HOTTEST = 0.2;
const COLDEST = 1e-4;
const EXCHANGE_CHANCE = 0.3;

export const annealingPlacement: PlacementAlgorithm<AnnealingOptions> = {
  name: "annealing",
  summary: "simulated annealing over the corners of the regions",
  options: {
    movesPerGroup: { type: "number", byDefault: 40, about: "Moves tried for each group at each temperature." },
    cooling: { type: "number", byDefault: 0.9, legal: "0 to 1", about: "Factor from one temperature to the next." },
    packings: { type: "number", byDefault: 16, about: "Random orders in which groups are packed for the start." },
  },
  plan(problem, options, rng) {
    const start = bestPacking(problem, options.packings, rng.fork("packings"));
    return start && new Annealer(problem, start, rng.fork("moves")).run(options);
  },
};

/** Packs in several orders, large groups first in one of them; the cheapest complete packing. */
function bestPacking(problem: PlacementProblem, packings: number, rng: Rng): Coord[] | undefined {
  const { corners, dataflow, cost } = problem;
  const groups = [...corners.keys()];
  const area = (group: number) => (dataflow.groups[group]?.width ?? 0) * (dataflow.groups[group]?.height ?? 0);
  const freedom = (group: number) => corners[group]?.length ?? 0;
  const orders = [
    groups,
    [...groups].sort((a, b) => area(b) - area(a) || a - b),
    [...groups].sort((a, b) => freedom(a) - freedom(b) || a - b),
    ...Array.from({ length: packings }, () => rng.shuffle(groups)),
  ];
  let best: { readonly corners: Coord[]; readonly cost: number } | undefined;
  for (const order of orders) {
    for (const pick of [firstOf, cheapestOf]) {
      const packed = pack(problem, order, pick);
      const total = packed === undefined ? Infinity : cost.total(packed);
      if (packed !== undefined && (best === undefined || total < best.cost)) best = { corners: packed, cost: total };
    }
  }
  return best?.corners;
}

type Pick = (free: readonly Coord[], costAt: (corner: Coord) => number) => Coord | undefined;

const firstOf: Pick = ([first]) => first;

const cheapestOf: Pick = (free, costAt) => {
  let best: { readonly corner: Coord; readonly cost: number } | undefined;
  for (const corner of free) {
    const cost = costAt(corner);
    if (best === undefined || cost < best.cost) best = { corner, cost };
  }
  return best?.corner;
};

function pack(problem: PlacementProblem, order: readonly number[], pick: Pick): Coord[] | undefined {
  const chosen: (Coord | undefined)[] = problem.corners.map(() => undefined);
  const placed: Rect[] = [];
  for (const group of order) {
    const free = (problem.corners[group] ?? []).filter((corner) => {
      const own = rectAt(problem, group, corner);
      return !placed.some((rect) => rectsOverlap(own, rect));
    });
    const corner = pick(free, (candidate) => problem.cost.ofGroup(group, chosen.with(group, candidate)));
    if (corner === undefined) return undefined;
    chosen[group] = corner;
    placed.push(rectAt(problem, group, corner));
  }
  return chosen.filter((corner) => corner !== undefined);
}

class Annealer {
  readonly #problem: PlacementProblem;
  readonly #rng: Rng;
  readonly #legal: readonly ReadonlySet<string>[];
  #corners: readonly Coord[];

  constructor(problem: PlacementProblem, start: readonly Coord[], rng: Rng) {
    this.#problem = problem;
    this.#legal = problem.corners.map((corners) => new Set(corners.map(({ x, y }) => `${x},${y}`)));
    this.#rng = rng;
    this.#corners = start;
  }

  run({ movesPerGroup, cooling }: AnnealingOptions): readonly Coord[] {
    const { cost } = this.#problem;
    let current = cost.total(this.#corners);
    let best = { corners: this.#corners, cost: current };
    const moves = movesPerGroup * this.#corners.length;
    const coldest = current * COLDEST;
    for (let temperature = current * HOTTEST; temperature > coldest; temperature *= cooling) {
      for (let i = 0; i < moves; i++) {
        const next = this.#propose();
        if (next === undefined) continue;
        const total = cost.total(next);
        if (total > current && this.#rng.float() >= Math.exp((current - total) / temperature)) continue;
        this.#corners = next;
        current = total;
        if (total < best.cost) best = { corners: next, cost: total };
      }
    }
    return best.corners;
  }

  /** The placement after a random move; undefined if that is not legal. */
  #propose(): readonly Coord[] | undefined {
    const rng = this.#rng;
    const a = rng.below(this.#corners.length);
    const own = this.#corners[a];
    if (this.#corners.length > 1 && rng.chance(EXCHANGE_CHANCE)) {
      const b = rng.below(this.#corners.length);
      const other = this.#corners[b];
      if (a === b || own === undefined || other === undefined) return undefined;
      const next = this.#corners.with(a, other).with(b, own);
      return this.#isLegal(next, a) && this.#isLegal(next, b) ? next : undefined;
    }
    const choices = this.#problem.corners[a] ?? [];
    const next = this.#corners.with(a, rng.pick(choices));
    return this.#isLegal(next, a) ? next : undefined;
  }

  #isLegal(corners: readonly Coord[], group: number): boolean {
    const corner = corners[group];
    if (corner === undefined) return false;
    if (this.#legal[group]?.has(`${corner.x},${corner.y}`) !== true) return false;
    const own = rectAt(this.#problem, group, corner);
    return corners.every((other, id) => id === group || !rectsOverlap(own, rectAt(this.#problem, id, other)));
  }
}
