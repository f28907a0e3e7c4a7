// Events of a random program: run patterns that exist or new ones, several at once where their cores differ; begin a transfer
// now and end it later; feed from and to the host; close a colour and use it again; repeat a block of events.
import { LINK_DIRECTIONS } from "@waferc/machine";
import type { LinkDirection } from "@waferc/machine";
import type { Action, Count } from "./actions.ts";
import { disguise } from "./core-expr.ts";
import { closePattern, createReuse, createTurnstile } from "./epoch-patterns.ts";
import { createCascade, createChain, createGather, createRing } from "./line-patterns.ts";
import { emitLocalStep, REDUCE } from "./local-steps.ts";
import {
  channelPattern,
  chooseCount,
  chooseType,
  claimChannel,
  claimRoute,
  createChannel,
  findRoute,
  rampOf,
} from "./pattern.ts";
import { recvActions, sendActions } from "./pattern.ts";
import type { ColorUseAt, Pattern, StreamPlan } from "./pattern.ts";
import { newStream } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { createHandout, createPhases, createTurns } from "./switch-patterns.ts";

export const EVENT_KINDS = [
  "local",
  "point",
  "multicast",
  "pair",
  "cascade",
  "chain",
  "gather",
  "ring",
  "turns",
  "handout",
  "phases",
  "reuse",
  "turnstile",
  "hostIn",
  "hostOut",
  "through",
  "deferred",
  "block",
  "again",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Adds one event of the kind. False if this program has no room for it. */
export function addEvent(plan: Plan, kind: EventKind, addNested: () => void): boolean {
  switch (kind) {
    case "local":
      for (const group of plan.groups) if (plan.rng.chance(0.6)) emitLocalStep(plan.rng, group);
      return true;
    case "point":
    case "multicast":
      return runNew(plan, createPlain(plan, kind === "multicast" ? plan.rng.between(2, 6) : 1));
    case "pair":
      return runPair(plan);
    case "cascade":
      return runNew(plan, createCascade(plan));
    case "chain":
      return runNew(plan, createChain(plan));
    case "gather":
      return runNew(plan, createGather(plan));
    case "ring":
      return runNew(plan, createRing(plan));
    case "turns":
      return runNew(plan, createTurns(plan));
    case "handout":
      return runNew(plan, createHandout(plan));
    case "phases":
      return runNew(plan, createPhases(plan));
    case "reuse":
      return reuseColor(plan);
    case "turnstile":
      return runNew(plan, createTurnstile(plan));
    case "hostIn":
    case "hostOut":
    case "through":
      return !plan.isStepBlock && runNew(plan, createHost(plan, kind));
    case "deferred":
      return deferTransfer(plan);
    case "block":
      return repeatBlock(plan, addNested);
    case "again":
      return runAgain(plan);
    default:
      return kind satisfies never;
  }
}

function runNew(plan: Plan, pattern: Pattern | undefined): boolean {
  if (!pattern) return false;
  if (plan.depth > 0 && pattern.isOneShot) return false;
  if (!plan.runPatterns([pattern])) return false;
  if (!pattern.isOneShot) plan.patterns.push(pattern);
  return true;
}

function createPlain(plan: Plan, endCount: number): Pattern | undefined {
  const [source, ...others] = plan.rng.shuffle(plan.cores);
  const ends = others.slice(0, endCount);
  if (source === undefined || ends.length === 0) return undefined;
  const channel = createChannel(plan, { source: rampOf(source), ends: ends.map(rampOf) });
  return channel && channelPattern(channel);
}

/** Two plain patterns at the same time, best over a link that they share. */
function runPair(plan: Plan): boolean {
  const first = createPlain(plan, 1);
  if (!first) return false;
  const links = new Set(first.routes[0]?.links);
  let second: Pattern | undefined;
  for (let tries = 0; tries < 6; tries++) {
    const [source, end] = plan.rng.shuffle(plan.cores.filter((core) => !first.cores.includes(core)));
    if (source === undefined || end === undefined) break;
    const request = { source: rampOf(source), ends: [rampOf(end)] };
    const found = findRoute(plan, request);
    if (!found || (tries < 5 && !plan.fabric.linksOf(found.tree).some((link) => links.has(link)))) continue;
    second = channelPattern(claimChannel(plan, found, request));
    break;
  }
  const both = second ? [first, second] : [first];
  if (!plan.runPatterns(both)) return false;
  plan.patterns.push(...both);
  return true;
}

/** Patterns that were run before, up to three at once. */
function runAgain(plan: Plan): boolean {
  const chosen: Pattern[] = [];
  const most = plan.rng.between(1, 3);
  for (const pattern of plan.rng.shuffle(plan.patterns)) {
    const isApart = chosen.every((other) => !other.cores.some((core) => pattern.cores.includes(core)));
    if (isApart && plan.isUsable(pattern) && chosen.length < most) chosen.push(pattern);
  }
  return chosen.length > 0 && plan.runPatterns(chosen);
}

function reuseColor(plan: Plan): boolean {
  if (plan.depth > 0) return false;
  const closable = plan.patterns.filter((pattern) => pattern.closer !== undefined && plan.isUsable(pattern));
  if (closable.length === 0) return false;
  const old = plan.rng.pick(closable);
  const [route] = old.routes;
  if (!route || !plan.runPatterns([old])) return false;
  closePattern(plan, old);
  for (let tries = 0; tries < 3; tries++) {
    const next = createReuse(plan, route);
    if (next) return runNew(plan, next);
  }
  return true;
}

/** A route with a host stream at its source, its end, or both. */
function createHost(plan: Plan, kind: "hostIn" | "hostOut" | "through"): Pattern | undefined {
  const { rng, fabric } = plan;
  const ports = fabric.inputs.flatMap((_, router) =>
    LINK_DIRECTIONS.filter((side) => fabric.hasPort(router, side)).map((port) => ({ router, port })),
  );
  const [here, there] = rng.shuffle(ports);
  const cores = rng.shuffle(plan.cores);
  if (!here || (kind === "through" && !there)) return undefined;
  const source = kind === "hostOut" ? rampOf(cores[0] ?? -1) : here;
  const ends =
    kind === "hostIn" ? cores.slice(0, rng.between(1, 3)).map(rampOf) : [kind === "hostOut" ? here : (there ?? here)];
  if (source.router < 0 || ends.length === 0) return undefined;
  if (kind === "hostOut" && cores.length > 1 && rng.chance(0.2)) ends.push(rampOf(cores[1] as number));
  const found = findRoute(plan, { source, ends, mayReopen: false });
  if (!found) return undefined;
  const { color } = found;
  const targets = ends.filter(({ port }) => port === "ramp").map(({ router }) => router);
  const sender = source.port === "ramp" ? source.router : undefined;
  const uses: ColorUseAt[] = [
    ...(sender === undefined ? [] : [{ core: sender, color, direction: "out" } as const]),
    ...targets.map((core) => ({ core, color, direction: "in" }) as const),
  ];
  // A stream that nothing runs would have no wavelets.
  if (!plan.canBind(uses)) return undefined;
  const route = claimRoute(plan, color, found.tree);
  const streams = [source, ...ends].flatMap(({ router, port }, i): StreamPlan[] => {
    if (port === "ramp") return [];
    fabric.streamPorts.add(`${router}/${port}/${color}`);
    return [newStream(plan, i === 0 ? "in" : "out", color, router, port satisfies LinkDirection)];
  });
  return {
    routes: [route],
    cores: sender === undefined ? targets : [sender, ...targets],
    uses,
    streams,
    isOneShot: false,
    build(context) {
      const count: Count = chooseCount(plan, { capacity: 20 }, false);
      const type = streams[0]?.type ?? "f32";
      for (const stream of streams) stream.wavelets += count.n * plan.repetitions;
      if (targets.length > 1) plan.features.multicast++;
      const actions = new Map<number, Action[]>();
      if (sender !== undefined) actions.set(sender, sendActions(context, sender, color, count, type));
      for (const core of targets) actions.set(core, recvActions(context, core, color, count, type));
      return actions;
    },
  };
}

/** One side of a transfer begins on a microthread; the other side, and the wait, come in a later event. */
function deferTransfer(plan: Plan): boolean {
  const { rng } = plan;
  const plain = plan.patterns.filter((pattern) => pattern.channel && plan.isUsable(pattern));
  const pattern = plain.length > 0 && rng.chance(0.5) ? rng.pick(plain) : createPlain(plan, rng.between(1, 3));
  const channel = pattern?.channel;
  if (!pattern || !channel || !plan.bindFor(pattern)) return false;
  if (!plan.patterns.includes(pattern)) plan.patterns.push(pattern);
  const { color } = channel.route;
  const sender = channel.source.router;
  const receivers = channel.ends.map(({ router }) => router);
  const isSenderFirst = rng.chance(0.5);
  const early = isSenderFirst ? [sender] : receivers;
  const threads = new Map<number, number>();
  for (const core of early) {
    const thread = plan.takeThread(core);
    if (thread !== undefined) threads.set(core, thread);
  }
  if (threads.size < early.length) {
    for (const [core, thread] of threads) plan.releaseThread(core, thread);
    return false;
  }
  const count = chooseCount(plan, channel, true);
  const type = chooseType(plan);
  const base = { color, count, type };
  const first = new Map<number, Action[]>();
  for (const [core, thread] of threads) {
    const receive: Action = rng.chance(0.7)
      ? { ...base, kind: "recv", thread }
      : { ...base, kind: "recv_reduce", fn: rng.pick(REDUCE), thread };
    first.set(core, [isSenderFirst ? { ...base, kind: "send", thread } : receive]);
  }
  // Both ends keep their queues until the transfer is complete.
  const held = pattern.uses.map((use) => `${use.core}/${color}/${use.direction}`);
  for (const key of held) plan.outstanding.add(key);
  channel.route.isBusy = true;
  plan.features.async++;
  if (receivers.length > 1) plan.features.multicast++;
  plan.emit(first);
  plan.deferred.push({
    pattern,
    depth: plan.depth,
    finish() {
      const context = { rng, plan, takeThread: () => undefined };
      const second = new Map<number, Action[]>(
        [...threads].map(([core, thread]) => [core, [{ kind: "wait", thread }]]),
      );
      if (isSenderFirst) {
        for (const core of receivers) second.set(core, recvActions(context, core, color, count, type));
      } else second.set(sender, sendActions(context, sender, color, count, type));
      plan.emit(second);
      channel.route.isBusy = false;
      for (const [core, thread] of threads) plan.releaseThread(core, thread);
      for (const key of held) plan.outstanding.delete(key);
    },
  });
  return true;
}

/** Ends transfers that began at this depth: all of them, or some. */
export function finishDeferred(plan: Plan, share: number): void {
  const due = plan.deferred.filter(({ depth }) => depth === plan.depth && plan.rng.chance(share));
  plan.deferred = plan.deferred.filter((deferred) => !due.includes(deferred));
  for (const deferred of plan.rng.shuffle(due)) deferred.finish();
}

function repeatBlock(plan: Plan, addNested: () => void): boolean {
  const { rng } = plan;
  if (plan.depth > 1) return false;
  const step = plan.depth === 0 && rng.chance(0.25) ? plan.steps.find(({ min }) => min >= 0) : undefined;
  const times = step ? Math.max(1, step.max) : rng.between(1, 4);
  const outer = { repetitions: plan.repetitions, isStepBlock: plan.isStepBlock };
  plan.depth++;
  plan.repetitions *= times;
  plan.isStepBlock ||= step !== undefined;
  for (const group of plan.groups) group.beginLoop(times - 1);
  for (let i = rng.between(1, 3); i > 0; i--) addNested();
  finishDeferred(plan, 1);
  for (const group of plan.groups) {
    group.endLoop(step ? { kind: "var", name: step.name } : disguise(rng, group, times));
  }
  plan.depth--;
  Object.assign(plan, outer);
  plan.features.loops++;
  if (step) plan.features.stepScalars++;
  return true;
}
