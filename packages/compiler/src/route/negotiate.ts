/**
 * Negotiated congestion (PathFinder, McMurchie and Ebeling 1995), adapted to colours: links may be shared, since colours have queues of their own, but
 * sharing costs bandwidth, so links that several flows want grow dearer from round to round until the flows spread. A colour at a router is
 * exclusive: for each flow the cheapest (path, colour) is taken, and a flow that finds none goes first in the next round.
 */
import { coordOfIndex, oppositeDirection, type LinkDirection, type Machine } from "@waferc/machine";
import type { Hop, HostPort } from "@waferc/ir/layout";
import type { ColorMap } from "./color-map.ts";
import type { RoutedFlow, RoutingAlgorithm, RoutingDemand } from "./routing-algorithm.ts";
import { shortestPath, type FoundPath, type PathStep } from "./shortest-path.ts";

const ROUNDS = 12;
/** What a link costs more for each flow on it in this round, and for each past round in which it was shared. */
const PRESENT_COST = 2;
const HISTORY_COST = 1;

interface Routed extends RoutedFlow {
  readonly demand: RoutingDemand;
  readonly links: readonly string[];
}

export const negotiate: RoutingAlgorithm = {
  name: "negotiate",
  summary: "shortest free (path, colour) for each flow, spreading over rounds",
  plan(demands, machine, colors) {
    const history = new Map<string, number>();
    let order = [...demands].sort((a, b) => b.weight - a.weight || a.flow - b.flow);
    let best: { readonly routed: readonly Routed[]; readonly shared: number } | undefined;
    let failed: RoutingDemand | undefined;
    for (let round = 0; round < ROUNDS; round++) {
      const outcome = routeAll(order, machine, colors, history);
      release(outcome.routed, machine, colors);
      if (outcome.failed !== undefined) {
        const first = outcome.failed;
        failed = first;
        order = [first, ...order.filter((demand) => demand !== first)];
        continue;
      }
      const shared = sharedLinks(outcome.routed);
      if (best === undefined || shared.length < best.shared) best = { routed: outcome.routed, shared: shared.length };
      if (shared.length === 0) break;
      for (const link of shared) history.set(link, (history.get(link) ?? 0) + HISTORY_COST);
    }
    if (best === undefined) return failed === undefined ? { routed: [] } : { routed: [], failed };
    for (const { route } of best.routed)
      for (const { x, y } of route.hops) colors.take(y * machine.width + x, route.color);
    return { routed: [...best.routed].sort((a, b) => a.route.flow - b.route.flow) };
  },
};

function routeAll(
  order: readonly RoutingDemand[],
  machine: Machine,
  colors: ColorMap,
  history: ReadonlyMap<string, number>,
): { readonly routed: readonly Routed[]; readonly failed?: RoutingDemand } {
  const routed: Routed[] = [];
  const present = new Map<string, number>();
  for (const demand of order) {
    const found = cheapest(demand, machine, colors, (router, direction) => {
      const link = `${router} ${direction}`;
      return (present.get(link) ?? 0) * PRESENT_COST + (history.get(link) ?? 0);
    });
    if (found === undefined) return { routed, failed: demand };
    for (const { x, y } of found.route.hops) colors.take(y * machine.width + x, found.route.color);
    for (const link of found.links) present.set(link, (present.get(link) ?? 0) + 1);
    routed.push(found);
  }
  return { routed };
}

function release(routed: readonly Routed[], machine: Machine, colors: ColorMap): void {
  for (const { route } of routed) for (const { x, y } of route.hops) colors.free(y * machine.width + x, route.color);
}

function sharedLinks(routed: readonly Routed[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { links } of routed) for (const link of links) counts.set(link, (counts.get(link) ?? 0) + 1);
  return [...counts].flatMap(([link, count]) => (count > 1 ? [link] : []));
}

function cheapest(
  demand: RoutingDemand,
  machine: Machine,
  colors: ColorMap,
  load: (router: number, direction: LinkDirection) => number,
): Routed | undefined {
  const isReversed = demand.from === undefined;
  const start = isReversed ? demand.to : demand.from;
  const end = isReversed ? undefined : demand.to;
  if (start === undefined) return undefined;
  const index = ({ x, y }: { readonly x: number; readonly y: number }) => y * machine.width + x;
  let best: { readonly path: FoundPath; readonly color: number } | undefined;
  for (let color = 0; color < colors.count; color++) {
    const path = shortestPath({
      machine,
      start: index(start),
      end: end === undefined ? undefined : index(end),
      isReversed,
      isClosed: (router) => colors.isTaken(router, color),
      load,
    });
    if (path !== undefined && (best === undefined || path.cost < best.path.cost)) best = { path, color };
  }
  if (best === undefined) return undefined;
  return toRouted(demand, machine, best.path.steps, best.color, isReversed);
}

function toRouted(
  demand: RoutingDemand,
  machine: Machine,
  steps: readonly PathStep[],
  color: number,
  isReversed: boolean,
): Routed {
  const { flow } = demand;
  const hops = isReversed ? hopsInward(machine, steps) : hopsOutward(machine, steps, demand);
  const last = steps.at(-1);
  const isHost = demand.from === undefined || demand.to === undefined;
  const port: HostPort | undefined =
    isHost && last !== undefined ? { flow, ...coordOfIndex(machine, last.router), side: last.direction } : undefined;
  const links = isReversed
    ? hops.flatMap(inwardLinks(machine))
    : steps.map((step) => `${step.router} ${step.direction}`);
  return { demand, links, port, route: { flow, color, hops } };
}

/** From the start's ramp along the steps; the last step leaves the grid, or a last hop ends in the other root's ramp. */
function hopsOutward(machine: Machine, steps: readonly PathStep[], demand: RoutingDemand): readonly Hop[] {
  const hops = steps.map(({ router, direction }, i): Hop => {
    const before = steps[i - 1];
    const from = before === undefined ? "ramp" : oppositeDirection(before.direction);
    return { ...coordOfIndex(machine, router), from, to: [direction] };
  });
  const last = steps.at(-1);
  if (demand.to === undefined || last === undefined) return hops;
  return [...hops, { ...demand.to, from: oppositeDirection(last.direction), to: ["ramp"] }];
}

/** The same steps walked from the host port back to the start, whose ramp takes the data. */
function hopsInward(machine: Machine, steps: readonly PathStep[]): readonly Hop[] {
  return [...steps.entries()].reverse().map(([i, { router, direction }]): Hop => {
    const before = steps[i - 1];
    return {
      ...coordOfIndex(machine, router),
      from: direction,
      to: [before === undefined ? "ramp" : oppositeDirection(before.direction)],
    };
  });
}

function inwardLinks(machine: Machine): (hop: Hop) => readonly string[] {
  return ({ x, y, to }) => to.flatMap((port) => (port === "ramp" ? [] : [`${y * machine.width + x} ${port}`]));
}
