// Patterns that move switches: cores that take turns on one colour, a stream handed out along a line, and a tree whose ends
// change. Lists come back to where they began after each use, or are for one use and end in a `transit` rule.
import type { RouterPort, Rule } from "@waferc/ir/program";
import type { Action } from "./actions.ts";
import { chooseCount, chooseType, findRoute, maybeAsync, rampOf, recvActions, sendActions } from "./pattern.ts";
import type { Pattern, Route } from "./pattern.ts";
import type { Branches } from "./fabric-plan.ts";
import type { Plan } from "./plan.ts";

/** Routers of a tree without branches, from its source on. */
function routersInOrder(plan: Plan, tree: Branches, source: number): number[] {
  const hops = plan.fabric.hopsOf(tree, source);
  return [...hops.keys()].sort((a, b) => (hops.get(a) ?? 0) - (hops.get(b) ?? 0));
}

function claim(plan: Plan, color: number, tree: Branches, rulesOf: (router: number) => readonly Rule[]): Route {
  plan.openRoute(color, tree, rulesOf);
  return { color, tree, links: plan.fabric.linksOf(tree), isBusy: false, isDead: false };
}

/** Colours that may have more than one position, in random order. */
function switchColors({ rng, machine }: Plan): number[] {
  return rng.shuffle(machine.fabric.switchColors.filter((color) => color < machine.fabric.colors));
}

function lineFrom(plan: Plan) {
  const { rng } = plan;
  const [source, end] = rng.shuffle(plan.cores);
  if (source === undefined || end === undefined) return undefined;
  const found = findRoute(plan, { source: rampOf(source), ends: [rampOf(end)], colors: switchColors(plan) });
  if (!found) return undefined;
  return { ...found, source, end, line: routersInOrder(plan, found.tree, source) };
}

function branch(tree: Branches, router: number): { from: RouterPort; to: RouterPort[] } {
  const found = tree.get(router);
  if (!found) throw new Error("the router is on the route");
  return { from: found.from, to: [...found.to] };
}

/** Cores along a line send to its end, the nearest first; each ends its turn with `advance`. */
export function createTurns(plan: Plan): Pattern | undefined {
  const { rng } = plan;
  const found = lineFrom(plan);
  if (!found || found.line.length < 3) return undefined;
  const { color, tree, end, line, source } = found;
  const isOneShot = rng.chance(0.3);
  const inner = line.slice(1, -1).filter((router) => plan.groupOf[router] !== undefined);
  const most = isOneShot ? 6 : plan.machine.fabric.switchPositions - 1;
  const chosen = new Set(rng.shuffle(inner).slice(0, most));
  if (chosen.size === 0) return undefined;
  /** From the one next to the end to the source. */
  const senders = line.filter((router) => router === source || chosen.has(router)).reverse();
  const route = claim(plan, color, tree, (router) => {
    const { from, to } = branch(tree, router);
    const mayTransit = to[0] !== "ramp";
    const turn = senders.indexOf(router);
    const passing = { from, to, transit: turn < 0 && mayTransit && rng.chance(0.3) };
    if (turn < 0 || router === source) return [passing];
    const own: Rule = { from: "ramp", to, transit: false };
    if (isOneShot) return [own, { ...passing, transit: true }];
    return [own, ...Array.from({ length: senders.length - 1 - turn }, () => passing)];
  });
  return {
    routes: [route],
    cores: [...senders, end],
    uses: [
      ...senders.map((core) => ({ core, color, direction: "out" }) as const),
      { core: end, color, direction: "in" },
    ],
    streams: [],
    isOneShot,
    build(context) {
      const type = chooseType(plan);
      const actions = new Map<number, Action[]>([[end, []]]);
      const all: Action[] = [];
      for (const sender of senders) {
        const count = chooseCount(plan, undefined, false);
        const isLast = sender === source;
        const turn: Action[] = sendActions(context, sender, color, count, type);
        if (!isLast || !isOneShot) turn.push({ kind: "advance", color });
        actions.set(sender, turn);
        all.push(...recvActions(context, end, color, count, type));
      }
      actions.set(end, all);
      plan.features.switches++;
      return actions;
    },
  };
}

/** The source sends a block to each of some cores along a line, nearest first, with an `advance` behind each. */
export function createHandout(plan: Plan): Pattern | undefined {
  const { rng } = plan;
  const found = lineFrom(plan);
  if (!found || found.line.length < 3) return undefined;
  const { color, tree, end, line, source } = found;
  const inner = line.slice(1, -1).filter((router) => plan.groupOf[router] !== undefined);
  const takers = new Set(rng.shuffle(inner).slice(0, plan.machine.fabric.switchPositions - 1));
  if (takers.size === 0) return undefined;
  const targets = line.filter((router) => takers.has(router) || router === end);
  const route = claim(plan, color, tree, (router) => {
    const { from, to } = branch(tree, router);
    const turn = targets.indexOf(router);
    if (turn < 0 || router === end) return [{ from, to, transit: false }];
    const own: Rule = { from, to: ["ramp"], transit: false };
    const passing = Array.from({ length: targets.length - 1 - turn }, (): Rule => ({ from, to, transit: false }));
    return [own, ...passing];
  });
  return {
    routes: [route],
    cores: [source, ...targets],
    uses: [
      { core: source, color, direction: "out" },
      ...targets.map((core) => ({ core, color, direction: "in" }) as const),
    ],
    streams: [],
    isOneShot: false,
    build(context) {
      const type = chooseType(plan);
      const actions = new Map<number, Action[]>();
      const sends: Action[] = [];
      for (const target of targets) {
        const count = chooseCount(plan, undefined, false);
        sends.push(...sendActions(context, source, color, count, type), { kind: "advance", color });
        actions.set(target, recvActions(context, target, color, count, type));
      }
      plan.features.switches++;
      return actions.set(source, sends);
    },
  };
}

/** A multicast in two phases: every router has two rules that differ in whether its core gets the stream. */
export function createPhases(plan: Plan): Pattern | undefined {
  const { rng } = plan;
  const [source, ...others] = rng.shuffle(plan.cores);
  const ends = others.slice(0, rng.between(2, 6));
  if (source === undefined || ends.length < 2) return undefined;
  const found = findRoute(plan, { source: rampOf(source), ends: ends.map(rampOf), colors: switchColors(plan) });
  if (!found) return undefined;
  const { color, tree } = found;
  /** For each end, the phases in which it takes part. */
  const phases = new Map<number, readonly boolean[]>();
  const route = claim(plan, color, tree, (router) => {
    const { from, to } = branch(tree, router);
    const links = to.filter((port) => port !== "ramp");
    if (links.length === to.length) return [{ from, to, transit: false }];
    const takes =
      links.length === 0
        ? [true, true]
        : rng.pick([
            [true, false],
            [false, true],
            [true, true],
          ]);
    phases.set(router, takes);
    if (takes[0] && takes[1]) return [{ from, to, transit: false }];
    return takes.map((isTaking): Rule => ({ from, to: isTaking ? to : links, transit: false }));
  });
  return {
    routes: [route],
    cores: [source, ...ends],
    uses: [
      { core: source, color, direction: "out" },
      ...ends.map((core) => ({ core, color, direction: "in" }) as const),
    ],
    streams: [],
    isOneShot: false,
    closer: source,
    build(context) {
      const type = chooseType(plan);
      const actions = new Map<number, Action[]>([...ends, source].map((core) => [core, []]));
      for (const phase of [0, 1]) {
        const count = chooseCount(plan, undefined, true);
        actions.get(source)?.push(...maybeAsync(context, source, { kind: "send", color, count, type }));
        actions.get(source)?.push({ kind: "advance", color });
        for (const end of ends) {
          if (phases.get(end)?.[phase]) actions.get(end)?.push(...recvActions(context, end, color, count, type));
        }
      }
      plan.features.switches++;
      plan.features.multicast++;
      return actions;
    },
  };
}
