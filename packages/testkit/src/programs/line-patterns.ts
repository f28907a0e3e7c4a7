// Patterns of cores next to each other or in a ring: chain reduce, all-gather along a line (both with colours by parity),
// exchange between the cores of a ring, and a stream that goes on as another at one of its ends.
import { LINK_DIRECTIONS } from "@waferc/machine";
import type { LinkDirection } from "@waferc/machine";
import type { Action } from "./actions.ts";
import {
  channelPattern,
  chooseCount,
  chooseForward,
  chooseType,
  createChannel,
  forwardActions,
  maybeAsync,
  rampOf,
  recvActions,
  sendActions,
} from "./pattern.ts";
import type { Channel, ColorUseAt, Pattern } from "./pattern.ts";
import type { Plan } from "./plan.ts";

/** A walk over neighbouring routers without meeting itself: straight, or with turns. */
export function randomWalk(plan: Plan, most: number, isAllowed: (router: number) => boolean): number[] {
  const { rng, fabric } = plan;
  const starts = fabric.inputs.map((_, router) => router).filter(isAllowed);
  if (starts.length === 0) return [];
  const walk = [rng.pick(starts)];
  let direction = rng.pick<LinkDirection>(LINK_DIRECTIONS);
  const isStraight = rng.chance(0.6);
  while (walk.length < most) {
    const here = walk.at(-1) as number;
    const turns = isStraight && walk.length > 1 ? [direction] : rng.shuffle<LinkDirection>(LINK_DIRECTIONS);
    const step = turns.find((port) => {
      const next = fabric.neighbor(here, port);
      return next !== undefined && !walk.includes(next) && isAllowed(next);
    });
    if (!step) return walk;
    direction = step;
    walk.push(fabric.neighbor(here, step) as number);
  }
  return walk;
}

/** One-hop channels along a walk, in two colours by turns. */
function lineChannels(plan: Plan, walk: readonly number[]): Channel[] | undefined {
  const colors = plan.rng.shuffle(Array.from({ length: plan.machine.fabric.colors }, (_, c) => c));
  const free = colors.filter((color) => walk.every((router) => plan.fabric.stateOf(color, router) === undefined));
  const [even, odd] = free;
  if (even === undefined || odd === undefined) return undefined;
  const channels: Channel[] = [];
  for (let i = 0; i + 1 < walk.length; i++) {
    const [from, to] = [walk[i] as number, walk[i + 1] as number];
    const request = { source: rampOf(from), ends: [rampOf(to)], within: new Set([from, to]) };
    const channel = createChannel(plan, { ...request, colors: [i % 2 === 0 ? even : odd], mayReopen: false });
    // What was made so far stays: rules that nothing uses are legal.
    if (!channel) return undefined;
    channels.push(channel);
  }
  return channels;
}

function usesOf(channels: readonly Channel[]): ColorUseAt[] {
  return channels.flatMap((channel) => [...channelPattern(channel).uses]);
}

function basics(channels: readonly Channel[], cores: readonly number[]) {
  const routes = channels.map(({ route }) => route);
  return { routes, cores, uses: usesOf(channels), streams: [], isOneShot: false } as const;
}

function coloured(channels: readonly Channel[], index: number): number {
  return channels[index]?.route.color ?? -1;
}

/** The first core sends, the others add theirs and pass it on, the last keeps the result. */
export function createChain(plan: Plan): Pattern | undefined {
  const walk = randomWalk(plan, plan.rng.between(3, 7), (router) => plan.groupOf[router] !== undefined);
  const channels = walk.length < 3 ? undefined : lineChannels(plan, walk);
  if (!channels) return undefined;
  return {
    ...basics(channels, walk),
    build(context) {
      const count = chooseCount(plan, channels[0], true);
      const type = chooseType(plan);
      const fn = chooseForward(context.rng);
      const actions = new Map<number, Action[]>();
      walk.forEach((core, i) => {
        const [from, to] = [coloured(channels, i - 1), coloured(channels, i)];
        if (i === 0) actions.set(core, sendActions(context, core, to, count, type));
        else if (i === walk.length - 1) actions.set(core, recvActions(context, core, from, count, type));
        else if (context.rng.chance(0.15)) {
          actions.set(core, forwardActions(context, core, { from, to }, count, type));
        } else actions.set(core, maybeAsync(context, core, { kind: "forward", fn, color: from, to, count, type }));
      });
      return actions;
    },
  };
}

/** Each core sends its block on; the i-th then stores and passes on the i blocks from before it, the last stores them all. */
export function createGather(plan: Plan): Pattern | undefined {
  const walk = randomWalk(plan, plan.rng.between(3, 6), (router) => plan.groupOf[router] !== undefined);
  const channels = walk.length < 3 ? undefined : lineChannels(plan, walk);
  if (!channels) return undefined;
  return {
    ...basics(channels, walk),
    build(context) {
      const count = { n: context.rng.between(1, 8) };
      const type = chooseType(plan);
      const actions = new Map<number, Action[]>();
      plan.features.loops++;
      walk.forEach((core, i) => {
        const [color, to] = [coloured(channels, i - 1), coloured(channels, i)];
        const list: Action[] = [];
        const isLast = i === walk.length - 1;
        if (!isLast) list.push({ kind: "send", color: to, count, type });
        if (i > 0 && isLast) list.push({ kind: "loop", times: i, body: { kind: "recv", color, count, type } });
        else if (i > 0) {
          list.push({ kind: "loop", times: i, body: { kind: "forward", fn: "store", color, to, count, type } });
        }
        actions.set(core, list);
      });
      return actions;
    },
  };
}

/** Cores in a ring send to the next while they receive from the last, as long as they like: sends are asynchronous. */
export function createRing(plan: Plan): Pattern | undefined {
  const cores = plan.rng.shuffle(plan.cores).slice(0, plan.rng.between(2, 4));
  if (cores.length < 2) return undefined;
  const channels: Channel[] = [];
  for (const [i, core] of cores.entries()) {
    const next = cores[(i + 1) % cores.length] as number;
    const channel = createChannel(plan, { source: rampOf(core), ends: [rampOf(next)] });
    if (!channel) return undefined;
    channels.push(channel);
  }
  return {
    ...basics(channels, cores),
    build(context) {
      const type = chooseType(plan);
      const counts = channels.map((channel) => chooseCount(plan, channel, true));
      const actions = new Map<number, Action[]>();
      for (const core of cores) actions.set(core, []);
      for (const [i, core] of cores.entries()) {
        const before = (i + cores.length - 1) % cores.length;
        const count = counts[i];
        const received = counts[before];
        const thread = plan.takeThread(core);
        if (thread === undefined || !count || !received) return new Map<number, Action[]>();
        const send = { kind: "send", color: coloured(channels, i), count, type, thread } as const;
        const recv = recvActions(context, core, coloured(channels, before), received, type);
        plan.releaseThread(core, thread);
        actions.set(core, [send, ...recv, { kind: "wait", thread }]);
        plan.features.async++;
      }
      return actions;
    },
  };
}

/** A channel, and another one that begins at one of its ends and reaches none of its cores. */
export function createCascade(plan: Plan): Pattern | undefined {
  const plain = plan.patterns.filter((pattern) => pattern.channel && plan.isUsable(pattern));
  const pairs = plain.flatMap((first) =>
    plain
      .filter((second) => first !== second && first.cores.includes(second.cores[0] as number))
      .filter((second) => second.cores[0] !== first.cores[0])
      .filter((second) => second.cores.slice(1).every((core) => !first.cores.includes(core)))
      .map((second) => [first, second] as const),
  );
  if (pairs.length === 0) return undefined;
  const [first, second] = plan.rng.pick(pairs);
  const [a, b] = [first.channel as Channel, second.channel as Channel];
  return {
    ...basics([a, b], [...first.cores, ...second.cores.slice(1)]),
    build(context) {
      const count = chooseCount(plan, a, true);
      const type = chooseType(plan);
      const [from, to] = [a.route.color, b.route.color];
      const [source = -1, ...ends] = first.cores;
      const actions = new Map([[source, sendActions(context, source, from, count, type)]]);
      for (const core of ends) actions.set(core, recvActions(context, core, from, count, type));
      const middle = b.source.router;
      actions.set(middle, forwardActions(context, middle, { from, to }, count, type));
      for (const core of second.cores.slice(1)) actions.set(core, recvActions(context, core, to, count, type));
      return actions;
    },
  };
}
