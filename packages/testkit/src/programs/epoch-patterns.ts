// Epochs: a colour that is closed for good and used by another route, one that is closed and opened again each time, and two
// colours that share one queue of a core by turns.
import type { Rule } from "@waferc/ir/program";
import type { Action } from "./actions.ts";
import type { Branches } from "./fabric-plan.ts";
import {
  channelPattern,
  chooseCount,
  chooseType,
  createChannel,
  findRoute,
  rampOf,
  recvActions,
  ruleOf,
  sendActions,
} from "./pattern.ts";
import type { Pattern, Route } from "./pattern.ts";
import type { Plan } from "./plan.ts";

/** Closes the first route of a pattern. Routers that pass control wavelets on stay as they are. */
export function closePattern(plan: Plan, pattern: Pattern): void {
  const [route] = pattern.routes;
  if (!route || pattern.closer === undefined) return;
  const { color, tree } = route;
  const actions: Action[] = [{ kind: "close", color }];
  plan.emit(new Map([[pattern.closer, actions]]));
  for (const router of tree.keys()) {
    if (!plan.transitRouters.has(`${color}/${router}`)) plan.fabric.setState(color, router, "closed");
  }
  route.isDead = true;
  plan.patterns = plan.patterns.filter((other) => !other.routes.includes(route));
  plan.features.epochs++;
}

/** Another channel of a colour that is closed at some routers, through at least one of them. */
export function createReuse(plan: Plan, old: Route): Pattern | undefined {
  const { color } = old;
  const closed = [...old.tree.keys()].filter(
    (router) => plan.groupOf[router] !== undefined && plan.fabric.stateOf(color, router) === "closed",
  );
  if (closed.length === 0) return undefined;
  const anchor = plan.rng.pick(closed);
  const others = plan.rng.shuffle(plan.cores.filter((core) => core !== anchor));
  const count = plan.rng.between(1, 3);
  const request = plan.rng.chance(0.5)
    ? { source: rampOf(anchor), ends: others.slice(0, count).map(rampOf) }
    : { source: rampOf(others[0] ?? anchor), ends: [anchor, ...others.slice(1, count)].map(rampOf) };
  if (others.length === 0) return undefined;
  const channel = createChannel(plan, { ...request, colors: [color] });
  return channel && channelPattern(channel);
}

interface EpochRoute {
  readonly route: Route;
  readonly source: number;
  readonly end: number;
  readonly rulesOf: ReadonlyMap<number, readonly Rule[]>;
}

/** A route on which every router has a core with code, closed at first, to be opened before and closed after each use. */
function claimEpochRoute(plan: Plan, source: number, end: number): EpochRoute | undefined {
  const within = new Set(plan.cores);
  const found = findRoute(plan, { source: rampOf(source), ends: [rampOf(end)], within, mayReopen: false });
  if (!found) return undefined;
  const { color, tree } = found;
  for (const router of tree.keys()) {
    if (plan.rng.chance(0.3)) plan.fabric.setInitial(color, router, { rules: [], position: 0, closed: true });
    plan.fabric.setState(color, router, "live");
  }
  const links = plan.fabric.linksOf(tree);
  for (const [router, { to }] of tree) {
    for (const port of to) if (port !== "ramp") plan.fabric.useLink(color, router, port);
  }
  const rulesOf = new Map([...tree.keys()].map((router) => [router, [ruleOf(plan, tree, router, 0)]]));
  return { route: { color, tree, links, isBusy: false, isDead: false }, source, end, rulesOf };
}

function opens({ route, rulesOf }: EpochRoute, tree: Branches): Map<number, Action> {
  return new Map(
    [...tree.keys()].map((core) => [core, { kind: "open", color: route.color, rules: rulesOf.get(core) ?? [] }]),
  );
}

/** One or two epochs by turns, each opened by all cores on the way, used, and closed; the end has one queue for both. */
export function createTurnstile(plan: Plan): Pattern | undefined {
  const { rng } = plan;
  const [end, first, second] = rng.shuffle(plan.cores);
  if (end === undefined || first === undefined) return undefined;
  const inputs = plan.fabric.inputs[end] as number[];
  const queue = inputs.indexOf(-1);
  if (queue < 0) return undefined;
  const sources = second !== undefined && rng.chance(0.6) ? [first, second] : [first, first].slice(rng.below(2));
  const epochs = sources.map((source) => claimEpochRoute(plan, source, end));
  if (epochs.some((epoch) => !epoch)) return undefined;
  inputs[queue] = -2;
  const routes = epochs as EpochRoute[];
  const cores = [...new Set(routes.flatMap(({ route }) => [...route.tree.keys()]))];
  return {
    routes: routes.map(({ route }) => route),
    cores,
    uses: routes.map(({ source, route }) => ({ core: source, color: route.color, direction: "out" })),
    streams: [],
    isOneShot: false,
    build(context) {
      const actions = new Map<number, Action[]>(cores.map((core) => [core, []]));
      for (const epoch of routes) {
        const { color, tree } = epoch.route;
        const count = chooseCount(plan, undefined, true);
        const type = chooseType(plan);
        // Bound before it is opened: a colour that is bound again has to be closed.
        actions.get(end)?.push({ kind: "bind", direction: "in", queue, color });
        for (const [core, open] of opens(epoch, tree)) actions.get(core)?.push(open);
        const sends = sendActions(context, epoch.source, color, count, type);
        actions.get(epoch.source)?.push(...sends, { kind: "close", color });
        actions.get(end)?.push(...recvActions(context, end, color, count, type));
      }
      plan.features.epochs++;
      plan.features.rebinds += routes.length - 1;
      return actions;
    },
  };
}
