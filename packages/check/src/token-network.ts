/**
 * The channels of a token run. Wavelets are only counted, so a path through routers whose rules never change and do not branch is one
 * bounded channel with the sum of the queues' slots: every wavelet in it moves on as far as there is room. What remains are cores,
 * host streams, static routers that branch, and routers of colours that are switched or closed, a process each.
 */
import type { Entry } from "@waferc/ir/program";
import { coreIndex } from "@waferc/machine";
import type { Machine } from "@waferc/machine";
import type { ClassModel } from "./class-model.ts";
import { hostKey, neighborRouter, oppositePort, PORTS, RAMP } from "./route-table.ts";
import type { ColorRoutes, PortRule, RouteTable } from "./route-table.ts";
import { colorRoles } from "./token-code.ts";

export const ENDLESS = 0x7fffffff;

/** What reads or writes a channel at an end. */
export type End =
  | { readonly kind: "core"; readonly router: number }
  | { readonly kind: "node"; readonly node: number }
  | { readonly kind: "stream"; readonly stream: number }
  /** A router that has no rule for the port: what arrives stays. */
  | { readonly kind: "nothing"; readonly router: number; readonly port: number };

export interface Channel {
  readonly color: number;
  /** Router and port of its first queue; port 5 is the queue from router to core. */
  readonly router: number;
  readonly port: number;
  capacity: number;
  /** Slots of the core's output queue in it; it is empty if no more than the other slots are taken. */
  readonly rampSlots: number;
  writer: End;
  reader: End;
}

export const CORE_INPUT = 5;

/** A router of one colour that is a process of its own. */
export interface RouterNode {
  readonly color: number;
  readonly router: number;
  /** Channels it reads, by port; -1 for none. */
  readonly inputs: Int32Array;
  /** Channels it writes, by port; -1 for none. */
  readonly outputs: Int32Array;
  /** State at the start. */
  readonly list: number;
  readonly position: number;
  readonly isClosed: boolean;
}

export interface TokenNetwork {
  readonly routes: RouteTable;
  readonly channels: readonly Channel[];
  readonly nodes: readonly RouterNode[];
  /** Channel from the core or to the core, by colour * routers + router. */
  coreOutput(color: number, router: number): number;
  coreInput(color: number, router: number): number;
  /** Node of a colour at a router, -1 if it is none. */
  nodeAt(color: number, router: number): number;
  /** Channel of each stream. */
  readonly streams: readonly number[];
}

export function buildTokenNetwork(
  entry: Entry,
  models: readonly ClassModel[],
  routes: RouteTable,
  machine: Machine,
): TokenNetwork {
  const builder = new NetworkBuilder(entry, routes, machine);
  const rolesOf = new Map(entry.codes.map((code) => [code, colorRoles(code)]));
  for (const colorRoutes of routes.colors.values()) if (!colorRoutes.isStatic) builder.addSwitched(colorRoutes);
  for (const [index, stream] of entry.streams.entries()) builder.addStream(index, stream);
  for (const model of models) {
    const { colors } = model.coreClass;
    const roles = rolesOf.get(model.code)!;
    for (let i = 0; i < model.xs.length; i++) {
      const router = coreIndex(routes.grid, model.xs[i]!, model.ys[i]!);
      for (const formal of roles.emits) builder.addSource(colors[formal]!, router);
    }
  }
  for (const model of models) {
    const { colors } = model.coreClass;
    const roles = rolesOf.get(model.code)!;
    for (let i = 0; i < model.xs.length; i++) {
      const router = coreIndex(routes.grid, model.xs[i]!, model.ys[i]!);
      for (const formal of roles.takes) builder.addSink(colors[formal]!, router);
    }
  }
  return builder;
}

class NetworkBuilder implements TokenNetwork {
  readonly routes: RouteTable;
  readonly channels: Channel[] = [];
  readonly nodes: RouterNode[] = [];
  readonly streams: number[];
  readonly #machine: Machine;
  readonly #outStreams = new Map<number, number>();
  /** By colour: channels by router * 6 + port (ramp: from the core; 5: to the core), and nodes by router. -1 for none. */
  readonly #channelAt = new Map<number, Int32Array>();
  readonly #nodeAt = new Map<number, Int32Array>();

  constructor(entry: Entry, routes: RouteTable, machine: Machine) {
    this.routes = routes;
    this.#machine = machine;
    this.streams = entry.streams.map(() => -1);
    for (const [index, { direction, color, port }] of entry.streams.entries()) {
      if (direction === "out") this.#outStreams.set(hostKey(routes.grid, color, port.x, port.y, port.side), index);
    }
  }

  coreOutput(color: number, router: number): number {
    return this.#channelAt.get(color)?.[router * 6 + RAMP] ?? -1;
  }

  coreInput(color: number, router: number): number {
    return this.#channelAt.get(color)?.[router * 6 + CORE_INPUT] ?? -1;
  }

  nodeAt(color: number, router: number): number {
    return this.#nodeAt.get(color)?.[router] ?? -1;
  }

  addStream(index: number, { direction, color, port }: Entry["streams"][number]): void {
    const { grid } = this.routes;
    const router = coreIndex(grid, port.x, port.y);
    if (direction === "out") {
      // Made where its route ends; here only in case that no route does.
      if (this.streams[index] !== -1) return;
      const writer = { kind: "nothing", router, port: RAMP } as const;
      this.streams[index] = this.#add(color, router, CORE_INPUT, ENDLESS, writer);
      this.channels[this.streams[index]!]!.reader = { kind: "stream", stream: index };
      return;
    }
    const side = PORTS.indexOf(port.side);
    const channel = this.#channel(color, router, side, this.#machine.fabric.linkQueueDepth);
    this.streams[index] = channel;
    this.channels[channel]!.writer = { kind: "stream", stream: index };
    this.#extend(channel, router, side);
  }

  /** The channel of a core that emits. */
  addSource(color: number, router: number): void {
    if (this.coreOutput(color, router) >= 0) return;
    const channel = this.#channel(color, router, RAMP, this.#machine.fabric.outputQueueDepth);
    this.channels[channel]!.writer = { kind: "core", router };
    this.#extend(channel, router, RAMP);
  }

  /** The channel of a core that takes, if no route made it. */
  addSink(color: number, router: number): void {
    if (this.coreInput(color, router) < 0) this.#channel(color, router, CORE_INPUT, 0);
  }

  /** Every router that ever has rules of a colour becomes a process. */
  addSwitched(routes: ColorRoutes): void {
    const nodeAt = new Int32Array(this.routes.routers).fill(-1);
    this.#nodeAt.set(routes.color, nodeAt);
    for (let router = 0; router < this.routes.routers; router++) {
      if (routes.listAt[router]! < 0 && !routes.laterLists.has(router)) continue;
      nodeAt[router] = this.nodes.length;
      this.nodes.push({
        color: routes.color,
        router,
        inputs: new Int32Array(5).fill(-1),
        outputs: new Int32Array(5).fill(-1),
        list: routes.listAt[router]!,
        position: routes.positionAt[router]!,
        isClosed: routes.closedAt[router] === 1,
      });
    }
    for (const [node, { router, list }] of this.nodes.entries()) {
      if (this.nodes[node]!.color !== routes.color) continue;
      const lists = [...(list >= 0 ? [list] : []), ...(routes.laterLists.get(router) ?? [])];
      for (const rule of lists.flatMap((index) => routes.lists[index] ?? [])) this.#connect(node, rule);
    }
  }

  #connect(node: number, { from, to }: PortRule): void {
    const { color, router, inputs, outputs } = this.nodes[node]!;
    const { linkQueueDepth, outputQueueDepth } = this.#machine.fabric;
    const reader = { kind: "node", node } as const;
    const input = this.#channel(color, router, from, from === RAMP ? outputQueueDepth : linkQueueDepth);
    inputs[from] = input;
    this.channels[input]!.reader = reader;
    if (from === RAMP) this.channels[input]!.writer = { kind: "core", router };
    for (let port = 0; port < 5; port++) {
      if (!((to >> port) & 1)) continue;
      outputs[port] = this.#output(color, router, port, { kind: "node", node });
      const next = port === RAMP ? -1 : neighborRouter(this.routes.grid, router, port);
      const nextNode = next < 0 ? -1 : this.nodeAt(color, next);
      if (nextNode < 0) continue;
      const arrival = oppositePort(port);
      this.nodes[nextNode]!.inputs[arrival] = outputs[port]!;
      this.channels[outputs[port]!]!.reader = { kind: "node", node: nextNode };
    }
  }

  /** The channel that begins behind `port` of a router: a neighbour's queue, the core's queue or a host stream. */
  #output(color: number, router: number, port: number, writer: End): number {
    if (port === RAMP) {
      const channel = this.#channel(color, router, CORE_INPUT, 0);
      this.channels[channel]!.writer = writer;
      return channel;
    }
    const next = neighborRouter(this.routes.grid, router, port);
    if (next < 0) return this.#hostChannel(color, router, port, writer);
    const channel = this.#channel(color, next, oppositePort(port), this.#machine.fabric.linkQueueDepth);
    this.channels[channel]!.writer = writer;
    return channel;
  }

  #hostChannel(color: number, router: number, port: number, writer: End): number {
    const stream = this.#outStreams.get((color * this.routes.routers + router) * 4 + port);
    if (stream === undefined) return this.#add(color, router, CORE_INPUT, ENDLESS, writer);
    if (this.streams[stream] === -1) this.streams[stream] = this.#add(color, router, CORE_INPUT, ENDLESS, writer);
    const channel = this.streams[stream]!;
    this.channels[channel]!.writer = writer;
    this.channels[channel]!.reader = { kind: "stream", stream };
    return channel;
  }

  /** Lets a channel of a static colour go on through the routers behind its first queue. */
  #extend(first: number, firstRouter: number, firstPort: number): void {
    const { color } = this.channels[first]!;
    const routes = this.routes.colors.get(color)!;
    if (!routes.isStatic) return;
    const pending = [{ channel: first, router: firstRouter, port: firstPort }];
    for (let at = pending.pop(); at; at = pending.pop()) {
      let { router, port } = at;
      const channel = this.channels[at.channel]!;
      for (;;) {
        const rule = routes.closedAt[router]
          ? undefined
          : routes.lists[routes.listAt[router]!]?.[routes.positionAt[router]!];
        if (rule?.from !== port) {
          channel.reader = { kind: "nothing", router, port };
          break;
        }
        if ((rule.to & (rule.to - 1)) !== 0) {
          pending.push(...this.#branch(at.channel, router, port, rule));
          break;
        }
        const out = 31 - Math.clz32(rule.to);
        const next = out === RAMP ? -1 : neighborRouter(this.routes.grid, router, out);
        if (next < 0) {
          this.#finish(at.channel, router, out);
          break;
        }
        channel.capacity += this.#machine.fabric.linkQueueDepth;
        [router, port] = [next, oppositePort(out)];
      }
    }
  }

  /** A path that ends at a core or host port. */
  #finish(channel: number, router: number, port: number): void {
    const { color } = this.channels[channel]!;
    if (port === RAMP) {
      this.#table(color)[router * 6 + CORE_INPUT] = channel;
      this.channels[channel]!.reader = { kind: "core", router };
      return;
    }
    const stream = this.#outStreams.get((color * this.routes.routers + router) * 4 + port);
    this.channels[channel]!.capacity = ENDLESS;
    if (stream === undefined) return;
    // A stream that was declared before its route was followed has a channel of its own.
    this.streams[stream] = channel;
    this.channels[channel]!.reader = { kind: "stream", stream };
  }

  /** A static router that branches: a node with one rule. Returns the channels behind it that go on. */
  #branch(
    channel: number,
    router: number,
    port: number,
    rule: PortRule,
  ): { channel: number; router: number; port: number }[] {
    const { color } = this.channels[channel]!;
    const routes = this.routes.colors.get(color)!;
    const node = this.nodes.length;
    const inputs = new Int32Array(5).fill(-1);
    const outputs = new Int32Array(5).fill(-1);
    const [list, position] = [routes.listAt[router]!, routes.positionAt[router]!];
    this.nodes.push({ color, router, inputs, outputs, list, position, isClosed: false });
    inputs[port] = channel;
    this.channels[channel]!.reader = { kind: "node", node };
    const going: { channel: number; router: number; port: number }[] = [];
    for (let out = 0; out < 5; out++) {
      if (!((rule.to >> out) & 1)) continue;
      outputs[out] = this.#output(color, router, out, { kind: "node", node });
      const next = out === RAMP ? -1 : neighborRouter(this.routes.grid, router, out);
      if (next >= 0) going.push({ channel: outputs[out]!, router: next, port: oppositePort(out) });
    }
    return going;
  }

  #channel(color: number, router: number, port: number, capacity: number): number {
    const table = this.#table(color);
    const known = table[router * 6 + port]!;
    if (known >= 0) return known;
    const end = { kind: "nothing", router, port } as const;
    const channel = this.#add(color, router, port, capacity, end);
    if (port === CORE_INPUT) this.channels[channel]!.reader = { kind: "core", router };
    table[router * 6 + port] = channel;
    return channel;
  }

  #add(color: number, router: number, port: number, capacity: number, writer: End): number {
    const rampSlots = port === RAMP ? capacity : 0;
    const reader = { kind: "nothing", router, port } as const;
    return this.channels.push({ color, router, port, capacity, rampSlots, writer, reader }) - 1;
  }

  #table(color: number): Int32Array {
    let table = this.#channelAt.get(color);
    if (!table) this.#channelAt.set(color, (table = new Int32Array(this.routes.routers * 6).fill(-1)));
    return table;
  }
}
