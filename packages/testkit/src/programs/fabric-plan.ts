// Routers and queues of a random program while it grows: which colour is free, live or closed at each router, which links
// colours use, what is bound on each core. Routing is a breadth-first search through routers where the colour can be had.
import type { Rng } from "@waferc/base";
import { hasHostPort, isDeadLink, LINK_DIRECTIONS, neighborOf, oppositeDirection } from "@waferc/machine";
import type { LinkDirection, Machine } from "@waferc/machine";
import type { RouterPort, Rule } from "@waferc/ir/program";

/** What a router does first with a colour. */
export interface InitialRules {
  readonly rules: readonly Rule[];
  readonly position: number;
  readonly closed: boolean;
}

/** Where a route begins or ends: a ramp, or an outward port. */
export interface RouteEnd {
  readonly router: number;
  readonly port: RouterPort;
}

export type Branches = Map<number, { from: RouterPort; readonly to: Set<RouterPort> }>;

export interface TreeRequest {
  readonly color: number;
  readonly source: RouteEnd;
  readonly ends: readonly RouteEnd[];
  /** Whether the router may be used; it is asked for routers where the colour is closed too. */
  canUse(router: number): boolean;
}

/** The colour is live at a router, or closed and waiting for its core; absent if it was never used there. */
export type ColorState = "live" | "closed";

export class FabricPlan {
  readonly machine: Machine;
  readonly initial = new Map<number, Map<number, InitialRules>>();
  readonly inputs: number[][];
  readonly outputs: number[][];
  readonly streamPorts = new Set<string>();
  /** Colours that cross each link, as `router * 4 + direction`. */
  readonly linkColors = new Map<number, Set<number>>();
  readonly #states = new Map<number, ColorState>();
  readonly #hasOwnLinks: boolean;

  constructor(machine: Machine, hasOwnLinks: boolean) {
    this.machine = machine;
    this.#hasOwnLinks = hasOwnLinks;
    const { inputQueues, outputQueues } = machine.core;
    const count = machine.width * machine.height;
    this.inputs = Array.from({ length: count }, () => new Array<number>(inputQueues).fill(-1));
    this.outputs = Array.from({ length: count }, () => new Array<number>(outputQueues).fill(-1));
  }

  stateOf(color: number, router: number): ColorState | undefined {
    return this.#states.get(color * this.inputs.length + router);
  }

  setState(color: number, router: number, state: ColorState): void {
    this.#states.set(color * this.inputs.length + router, state);
  }

  setInitial(color: number, router: number, initial: InitialRules): void {
    const ofColor = this.initial.get(color) ?? new Map<number, InitialRules>();
    ofColor.set(router, initial);
    this.initial.set(color, ofColor);
  }

  neighbor(router: number, port: LinkDirection): number | undefined {
    const { width } = this.machine;
    const at = neighborOf(this.machine, router % width, Math.floor(router / width), port);
    return at && at.y * width + at.x;
  }

  hasPort(router: number, side: LinkDirection): boolean {
    const { width } = this.machine;
    const [x, y] = [router % width, Math.floor(router / width)];
    return hasHostPort(this.machine, x, y, side) && !isDeadLink(this.machine, x, y, side);
  }

  /** Whether the link works and the colour may use it. */
  #isLinkFree(color: number, router: number, port: LinkDirection): boolean {
    const { width } = this.machine;
    if (isDeadLink(this.machine, router % width, Math.floor(router / width), port)) return false;
    const users = this.linkColors.get(linkOf(router, port));
    return !this.#hasOwnLinks || !users || users.size === 0 || users.has(color);
  }

  useLink(color: number, router: number, port: LinkDirection): void {
    const users = this.linkColors.get(linkOf(router, port)) ?? new Set<number>();
    this.linkColors.set(linkOf(router, port), users.add(color));
  }

  /** A tree of rules from the source to every end, or undefined. Changes nothing. */
  growTree(rng: Rng, request: TreeRequest): Branches | undefined {
    const { source, ends } = request;
    if (!request.canUse(source.router)) return undefined;
    const tree: Branches = new Map([[source.router, { from: source.port, to: new Set<RouterPort>() }]]);
    // A router in the way now and then, so that routes are not always shortest.
    const blocked = rng.chance(0.3) ? rng.below(this.inputs.length) : -1;
    for (const end of rng.shuffle(ends)) {
      if (!tree.has(end.router) && !this.#reach(rng, tree, end.router, request, blocked)) return undefined;
      const branch = tree.get(end.router);
      if (!branch || branch.from === end.port) return undefined;
      branch.to.add(end.port);
    }
    return [...tree.values()].every((branch) => branch.to.size > 0) ? tree : undefined;
  }

  /** Extends the tree to a router by a shortest way from any of its routers. */
  #reach(rng: Rng, tree: Branches, goal: number, request: TreeRequest, blocked: number): boolean {
    const cameFrom = new Map<number, { router: number; port: LinkDirection }>();
    const queue = rng.shuffle(tree.keys());
    for (let head = 0; head < queue.length; head++) {
      const router = queue[head] as number;
      for (const port of rng.shuffle<LinkDirection>(LINK_DIRECTIONS)) {
        const next = this.neighbor(router, port);
        if (next === undefined || tree.has(next) || cameFrom.has(next) || (next === blocked && next !== goal)) continue;
        if (!request.canUse(next) || !this.#isLinkFree(request.color, router, port)) continue;
        if (tree.get(router)?.from === port) continue;
        cameFrom.set(next, { router, port });
        queue.push(next);
      }
      if (cameFrom.has(goal)) break;
    }
    if (!cameFrom.has(goal)) return false;
    for (let at = goal; ;) {
      const step = cameFrom.get(at);
      if (!step) return true;
      const branch = tree.get(at) ?? { from: "ramp" as RouterPort, to: new Set<RouterPort>() };
      branch.from = oppositeDirection(step.port);
      tree.set(at, branch);
      const before = tree.get(step.router);
      if (before) {
        before.to.add(step.port);
        return true;
      }
      tree.set(step.router, { from: "ramp", to: new Set<RouterPort>([step.port]) });
      at = step.router;
    }
  }

  /** Links from each router of a tree to the next, as `router * 4 + direction`. */
  linksOf(tree: Branches): number[] {
    return [...tree].flatMap(([router, { to }]) =>
      LINK_DIRECTIONS.filter((port) => to.has(port) && this.neighbor(router, port) !== undefined).map((port) =>
        linkOf(router, port),
      ),
    );
  }

  /** Hops from the source to each router of the tree. */
  hopsOf(tree: Branches, source: number): Map<number, number> {
    const hops = new Map([[source, 0]]);
    for (const [router, distance] of hops) {
      for (const port of LINK_DIRECTIONS) {
        const next = tree.get(router)?.to.has(port) ? this.neighbor(router, port) : undefined;
        if (next !== undefined) hops.set(next, distance + 1);
      }
    }
    return hops;
  }
}

function linkOf(router: number, port: LinkDirection): number {
  return router * LINK_DIRECTIONS.length + LINK_DIRECTIONS.indexOf(port);
}
