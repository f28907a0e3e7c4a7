/**
 * Dijkstra over routers from a root to another root or to the nearest host port, for one colour: routers where the colour is taken and dead
 * links are closed. A link costs 1 and what the caller adds for its load. Ties go to the lower router, so that paths are reproducible.
 */
import {
  coordOfIndex,
  hasHostPort,
  isDeadLink,
  LINK_DIRECTIONS,
  neighborOf,
  oppositeDirection,
  type LinkDirection,
  type Machine,
} from "@waferc/machine";

/** A step of a path: leave `router` by `direction`; the last step of a path to the host leaves the grid. */
export interface PathStep {
  readonly router: number;
  readonly direction: LinkDirection;
}

export interface PathQuery {
  readonly machine: Machine;
  readonly start: number;
  /** Router to reach; the host if undefined. */
  readonly end: number | undefined;
  /** Whether data flows against the search, from the host to `start`. */
  readonly isReversed: boolean;
  isClosed(router: number): boolean;
  /** Extra cost of a link, by the router and direction in which data leaves. */
  load(router: number, direction: LinkDirection): number;
}

export interface FoundPath {
  readonly cost: number;
  /** In the order of the search: from `start` outwards. */
  readonly steps: readonly PathStep[];
}

export function shortestPath(query: PathQuery): FoundPath | undefined {
  const { machine, start, end } = query;
  const routers = machine.width * machine.height;
  if (query.isClosed(start)) return undefined;
  const cost = new Float64Array(routers).fill(Infinity);
  const via = new Int32Array(routers).fill(-1);
  const queue = new RouterQueue(cost);
  cost[start] = 0;
  queue.push(start);
  let best: { readonly cost: number; readonly router: number; readonly side?: LinkDirection } | undefined;
  for (let router = queue.pop(); router !== undefined; router = queue.pop()) {
    const here = cost[router] ?? Infinity;
    if (best !== undefined && here >= best.cost) break;
    if (router === end) {
      best = { cost: here, router };
      break;
    }
    if (end === undefined) best = nearerPort(query, router, here, best);
    expand(query, router, here, cost, via, queue);
  }
  return best === undefined ? undefined : { cost: best.cost, steps: stepsTo(machine, via, start, best) };
}

function nearerPort(
  query: PathQuery,
  router: number,
  here: number,
  best: { readonly cost: number; readonly router: number; readonly side?: LinkDirection } | undefined,
) {
  const { x, y } = coordOfIndex(query.machine, router);
  let nearest = best;
  for (const side of LINK_DIRECTIONS) {
    if (!hasHostPort(query.machine, x, y, side)) continue;
    // What comes in from the host does not use the outward link.
    if (!query.isReversed && isDeadLink(query.machine, x, y, side)) continue;
    const cost = here + 1 + query.load(router, side);
    if (nearest === undefined || cost < nearest.cost) nearest = { cost, router, side };
  }
  return nearest;
}

function expand(
  query: PathQuery,
  router: number,
  here: number,
  cost: Float64Array,
  via: Int32Array,
  queue: RouterQueue,
): void {
  const { machine } = query;
  const { x, y } = coordOfIndex(machine, router);
  for (const [index, direction] of LINK_DIRECTIONS.entries()) {
    const next = neighborOf(machine, x, y, direction);
    if (next === undefined) continue;
    const to = next.y * machine.width + next.x;
    const isDead = query.isReversed
      ? isDeadLink(machine, next.x, next.y, oppositeDirection(direction))
      : isDeadLink(machine, x, y, direction);
    if (isDead || query.isClosed(to)) continue;
    const load = query.isReversed ? query.load(to, oppositeDirection(direction)) : query.load(router, direction);
    const total = here + 1 + load;
    if (total >= (cost[to] ?? Infinity)) continue;
    cost[to] = total;
    via[to] = index;
    queue.push(to);
  }
}

function stepsTo(
  machine: Machine,
  via: Int32Array,
  start: number,
  end: { readonly router: number; readonly side?: LinkDirection },
): readonly PathStep[] {
  const steps: PathStep[] = end.side === undefined ? [] : [{ router: end.router, direction: end.side }];
  for (let router = end.router; router !== start;) {
    const direction = LINK_DIRECTIONS[via[router] ?? 0] ?? "north";
    const { x, y } = coordOfIndex(machine, router);
    const from = neighborOf(machine, x, y, oppositeDirection(direction));
    if (from === undefined) throw new RangeError("a path leads over the edge");
    router = from.y * machine.width + from.x;
    steps.push({ router, direction });
  }
  return steps.reverse();
}

/** A binary heap of routers by cost, then number; stale entries are skipped by their cost. */
class RouterQueue {
  readonly #cost: Float64Array;
  readonly #heap: { readonly router: number; readonly cost: number }[] = [];

  constructor(cost: Float64Array) {
    this.#cost = cost;
  }

  push(router: number): void {
    const heap = this.#heap;
    heap.push({ router, cost: this.#cost[router] ?? Infinity });
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!this.#isBefore(i, parent)) break;
      this.#swap(i, parent);
      i = parent;
    }
  }

  pop(): number | undefined {
    const heap = this.#heap;
    for (;;) {
      const top = heap[0];
      const last = heap.pop();
      if (top === undefined || last === undefined) return undefined;
      if (heap.length > 0) {
        heap[0] = last;
        this.#sink();
      }
      if (top.cost === this.#cost[top.router]) return top.router;
    }
  }

  #sink(): void {
    for (let i = 0; ;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2])
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child;
      if (least === i) return;
      this.#swap(i, least);
      i = least;
    }
  }

  #isBefore(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i], this.#heap[j]];
    if (a === undefined || b === undefined) return false;
    return a.cost < b.cost || (a.cost === b.cost && a.router < b.router);
  }

  #swap(i: number, j: number): void {
    const [a, b] = [this.#heap[i], this.#heap[j]];
    if (a !== undefined && b !== undefined) [this.#heap[i], this.#heap[j]] = [b, a];
  }
}
