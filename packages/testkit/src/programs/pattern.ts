// Patterns: communications that cores can do again and again, each time with other lengths. This file has what they share, and
// the plain one: a route from one source to one or more ends, with each end taking the stream apart in its own way.
import type { Rng } from "@waferc/base";
import { is16Bit } from "@waferc/ir/program";
import type { ElementType, ForwardFn, RouterPort, Rule, Side } from "@waferc/ir/program";
import type { Action, Count, StreamAction } from "./actions.ts";
import type { Branches, RouteEnd } from "./fabric-plan.ts";
import { REDUCE } from "./local-steps.ts";
import type { Plan } from "./plan.ts";
import { randomType } from "./values.ts";

export interface StreamPlan {
  readonly name: string;
  readonly direction: "in" | "out";
  readonly color: number;
  readonly router: number;
  readonly side: Side;
  readonly type: ElementType;
  /** Whether its last wavelet carries one 16-bit element only. */
  readonly isOdd: boolean;
  wavelets: number;
}

/** Elements of the stream's tensor. */
export function streamElements({ type, isOdd, wavelets }: StreamPlan): number {
  return is16Bit(type) ? 2 * wavelets - (isOdd && wavelets > 0 ? 1 : 0) : wavelets;
}

/** Routers that one colour has been given. */
export interface Route {
  readonly color: number;
  readonly tree: Branches;
  readonly links: readonly number[];
  /** An asynchronous transfer on it is not complete. */
  isBusy: boolean;
  /** Closed, and perhaps used by another route. */
  isDead: boolean;
}

export interface ColorUseAt {
  readonly core: number;
  readonly color: number;
  readonly direction: "in" | "out";
}

export interface BuildContext {
  readonly rng: Rng;
  readonly plan: Plan;
  /** A microthread of the core for this event; undefined for a synchronous operation. */
  takeThread(core: number): number | undefined;
}

export interface Pattern {
  readonly routes: readonly Route[];
  /** Cores with actions. */
  readonly cores: readonly number[];
  readonly uses: readonly ColorUseAt[];
  readonly streams: readonly StreamPlan[];
  /** Its routers do not come back to the state they started in. */
  readonly isOneShot: boolean;
  /** The core whose `close` gets to every router of the first route. */
  readonly closer?: number | undefined;
  /** Set for the plain pattern. */
  readonly channel?: Channel;
  build(context: BuildContext): Map<number, Action[]>;
}

export interface Channel {
  readonly route: Route;
  readonly source: RouteEnd;
  readonly ends: readonly RouteEnd[];
  /** Slots from the source's output queue to the input queue of the nearest end. */
  readonly capacity: number;
}

/** Branches as rules; `transit` for some that may be. */
export function ruleOf(plan: Plan, tree: Branches, router: number, transitRate: number): Rule {
  const branch = tree.get(router);
  if (!branch) throw new Error("the router is on the route");
  const to = plan.rng.shuffle<RouterPort>(branch.to);
  const mayTransit = to.length > 1 || to[0] !== "ramp";
  return { from: branch.from, to, transit: mayTransit && plan.rng.chance(transitRate) };
}

export interface RouteRequest {
  readonly source: RouteEnd;
  readonly ends: readonly RouteEnd[];
  /** Colours to try in order; all in random order by default. */
  readonly colors?: readonly number[];
  /** Routers that may be used; all by default. */
  readonly within?: ReadonlySet<number>;
  readonly mayReopen?: boolean;
}

/** A colour and a tree for the request that no earlier route is in the way of. Nothing is claimed yet. */
export function findRoute(plan: Plan, request: RouteRequest): { color: number; tree: Branches } | undefined {
  const { source, ends, within, mayReopen = true } = request;
  const all = Array.from({ length: plan.machine.fabric.colors }, (_, color) => color);
  const colors = request.colors ?? plan.rng.shuffle(all).slice(0, 8);
  for (const color of colors) {
    const portKeys = [source, ...ends].map(({ router, port }) => `${router}/${port}/${color}`);
    if (portKeys.some((key) => plan.fabric.streamPorts.has(key))) continue;
    const canUse = (router: number) => (within?.has(router) ?? true) && plan.canUse(color, router, mayReopen);
    const tree = plan.fabric.growTree(plan.rng, { color, source, ends, canUse });
    if (tree) return { color, tree };
  }
  return undefined;
}

/** Claims the routers with one rule each. */
export function claimRoute(plan: Plan, color: number, tree: Branches, transitRate = 0): Route {
  plan.openRoute(color, tree, (router) => [ruleOf(plan, tree, router, transitRate)]);
  return { color, tree, links: plan.fabric.linksOf(tree), isBusy: false, isDead: false };
}

export function createChannel(plan: Plan, request: RouteRequest): Channel | undefined {
  const found = findRoute(plan, request);
  return found && claimChannel(plan, found, request);
}

/** The channel of a route that was found. */
export function claimChannel(
  plan: Plan,
  found: { readonly color: number; readonly tree: Branches },
  { source, ends }: Pick<RouteRequest, "source" | "ends">,
): Channel {
  const route = claimRoute(plan, found.color, found.tree, plan.rng.chance(plan.style.transitRate) ? 0.5 : 0);
  const { outputQueueDepth, linkQueueDepth, inputQueueDepth } = plan.machine.fabric;
  const hops = plan.fabric.hopsOf(found.tree, source.router);
  const nearest = Math.min(...ends.map(({ router }) => hops.get(router) ?? 0));
  const capacity = outputQueueDepth + nearest * linkQueueDepth + inputQueueDepth;
  return { route, source, ends, capacity };
}

export const rampOf = (router: number): RouteEnd => ({ router, port: "ramp" });

/** The plain pattern of a route between ramps. */
export function channelPattern(channel: Channel): Pattern {
  const { route, source, ends } = channel;
  const targets = ends.map(({ router }) => router);
  return {
    routes: [route],
    cores: [source.router, ...targets],
    uses: [
      { core: source.router, color: route.color, direction: "out" },
      ...targets.map((core) => ({ core, color: route.color, direction: "in" }) as const),
    ],
    streams: [],
    isOneShot: false,
    closer: source.router,
    channel,
    build(context) {
      const count = chooseCount(context.plan, channel, true);
      const type = chooseType(context.plan);
      if (targets.length > 1) context.plan.features.multicast++;
      const actions = new Map([[source.router, sendActions(context, source.router, route.color, count, type)]]);
      for (const core of targets) actions.set(core, recvActions(context, core, route.color, count, type));
      return actions;
    },
  };
}

export function chooseType({ rng, style }: Plan): ElementType {
  return style.hasHalfStreams ? randomType(rng) : rng.pick(["f32", "f32", "i32"] as const);
}

/** How many wavelets to send, the same for every core that takes part. */
export function chooseCount(plan: Plan, channel: Pick<Channel, "capacity"> | undefined, mayVary: boolean): Count {
  const { rng, style } = plan;
  const isLong = channel !== undefined && rng.chance(style.longRate) && channel.capacity < 150;
  const n =
    isLong && channel
      ? channel.capacity + rng.between(1, 20)
      : rng.chance(0.7)
        ? rng.between(1, 8)
        : rng.between(9, 30);
  if (!mayVary || isLong || !rng.chance(0.3)) {
    if (isLong) plan.features.fullQueues++;
    return { n };
  }
  const step = plan.steps.length > 0 && rng.chance(0.5) ? rng.pick(plan.steps) : undefined;
  if (step) plan.features.stepScalars++;
  const base = step && rng.chance(0.2) ? 0 - step.min : n;
  const grows = plan.depth > 0 && rng.chance(0.6);
  return { n: base, ...(grows ? { grows } : {}), ...(step ? { step } : {}) };
}

function isPlain(count: Count): boolean {
  return !count.grows && !count.step;
}

/** n as a sum of 1 to 3 positive parts. */
function piecesOf(rng: Rng, n: number, most = 3): number[] {
  if (n < 2 || most < 2 || rng.chance(0.5)) return [n];
  const first = rng.between(1, n - 1);
  return [first, ...piecesOf(rng, n - first, most - 1)];
}

/** The action, asynchronous with its wait if the core has a microthread for it. */
export function maybeAsync(context: BuildContext, core: number, action: StreamAction): Action[] {
  const thread = context.takeThread(core);
  if (thread === undefined) return [action];
  context.plan.releaseThread(core, thread);
  return [
    { ...action, thread },
    { kind: "wait", thread },
  ];
}

/** The stream in pieces, or as a loop over equal blocks, each piece by what `choose` makes of it. */
function inPieces(context: BuildContext, core: number, count: Count, choose: (count: Count) => StreamAction): Action[] {
  const { rng } = context;
  const { n } = count;
  const block = rng.between(1, 5);
  if (isPlain(count) && n > block && n % block === 0 && rng.chance(0.3)) {
    context.plan.features.loops++;
    return [{ kind: "loop", times: n / block, body: choose({ n: block }) }];
  }
  const pieces = isPlain(count) ? piecesOf(rng, n).map((piece) => ({ n: piece })) : [count];
  return pieces.flatMap((piece) => maybeAsync(context, core, choose(piece)));
}

export function sendActions(
  context: BuildContext,
  core: number,
  color: number,
  count: Count,
  type: ElementType,
): Action[] {
  return inPieces(context, core, count, (piece) => ({ kind: "send", color, count: piece, type }));
}

/** Takes the stream: stores, combines or drops, now and then as wavelets of another type. */
export function recvActions(
  context: BuildContext,
  core: number,
  color: number,
  count: Count,
  type: ElementType,
): Action[] {
  const { rng } = context;
  return inPieces(context, core, count, (piece) => {
    const of = rng.chance(0.9) ? type : chooseType(context.plan);
    const base = { color, count: piece, type: of };
    const kind = rng.below(10);
    if (kind < 6) return { ...base, kind: "recv" };
    if (kind < 8) return { ...base, kind: "recv_reduce", fn: rng.pick(REDUCE) };
    return { ...base, kind: "drop" };
  });
}

export function chooseForward(rng: Rng): ForwardFn {
  return rng.pick<ForwardFn>(["pass", "store", "add", "max", "min"]);
}

/** Takes `count` wavelets from one colour and emits as many on another. */
export function forwardActions(
  context: BuildContext,
  core: number,
  colors: { readonly from: number; readonly to: number },
  count: Count,
  type: ElementType,
): Action[] {
  return inPieces(context, core, count, (piece) => {
    const fn = chooseForward(context.rng);
    return { kind: "forward", fn, color: colors.from, to: colors.to, count: piece, type };
  });
}
