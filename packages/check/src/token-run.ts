/**
 * One run of an entry without values or time: every core, router and host stream is a actor that moves as many wavelets at once as
 * its channels allow. By Kahn's theorem any fair schedule ends in the same state, so this one decides whether the entry ends.
 * Hot loops: a compiled model executes millions of instructions here and moves tens of millions of wavelets.
 */
import { streamWavelets } from "@waferc/ir/program";
import { coreIndex } from "@waferc/machine";
import type { Machine } from "@waferc/machine";
import type { ClassModel } from "./class-model.ts";
import type { Budget } from "./findings.ts";
import { RAMP } from "./route-table.ts";
import type { PortRule } from "./route-table.ts";
import { OP } from "./token-code.ts";
import type { TokenCode, TokenStep } from "./token-code.ts";
import { ENDLESS } from "./token-network.ts";
import type { TokenNetwork } from "./token-network.ts";
import type { StepValues } from "./traffic.ts";

export interface RunningClass {
  readonly model: ClassModel;
  readonly code: TokenCode;
}

const [IDLE, SENDS, TAKES] = [0, 1, 2];

export class TokenRun {
  readonly network: TokenNetwork;
  readonly classes: readonly RunningClass[];
  readonly coreCount: number;
  /** Threads of a core: main, then microthreads. Process p < coreCount * threads is thread p % threads of core p / threads. */
  readonly threads: number;
  readonly firstNode: number;
  readonly firstStream: number;
  readonly fill: Int32Array;
  readonly capacity: Int32Array;
  readonly classOf: Int32Array;
  readonly routerOf: Int32Array;
  /** By router: the core that runs there, -1 for none. */
  readonly coreAt: Int32Array;
  readonly pc: Int32Array;
  /** Operation of each thread: kind, wavelets left, channels, step. */
  readonly kind: Uint8Array;
  readonly left: Int32Array;
  readonly inChannel: Int32Array;
  readonly outChannel: Int32Array;
  readonly stepOf: Int32Array;
  /** Wavelets that each stream still has to feed. */
  readonly streamLeft: Float64Array;
  /** Actual colour bound to each queue, -1 for none. */
  readonly boundIn: Int32Array;
  readonly boundOut: Int32Array;
  /** A colour whose wavelets go round in a circle. */
  circling = -1;
  bursts = 0;
  /** State of each node: its list of rules, the position in it, whether its colour is closed. */
  readonly listOf: Int32Array;
  readonly positionOf: Int32Array;
  readonly isClosed: Uint8Array;
  readonly #machine: Machine;
  readonly #budget: Budget;
  readonly #frames: Int32Array;
  readonly #frameBase: Int32Array;
  readonly #colors: readonly Int32Array[];
  readonly #readerWaits: Int32Array;
  readonly #writerWaits: Int32Array;
  /** Control wavelets in a channel: how many wavelets were taken before it, and 1 for advance, 2 for close. */
  readonly #marks: ({ at: number; kind: number }[] | undefined)[];
  readonly #taken: Float64Array;
  readonly #mainWaits: Int32Array;
  readonly #nodeWaits: Int32Array;
  readonly #ring: Int32Array;
  readonly #isQueued: Uint8Array;
  #head = 0;
  #length = 0;
  /** Links crossed and wavelets emitted, by colour: more of the former than every wavelet over every link is a circle. */
  readonly #hops = new Float64Array(32);
  readonly #emitted = new Float64Array(32);
  readonly #linksOf = new Float64Array(32);

  constructor(
    network: TokenNetwork,
    classes: readonly RunningClass[],
    machine: Machine,
    steps: StepValues,
    budget: Budget,
  ) {
    const { channels, nodes, routes } = network;
    const { entry } = classes[0]?.model ?? { entry: undefined };
    this.network = network;
    this.classes = classes;
    this.#machine = machine;
    this.#budget = budget;
    this.coreCount = classes.reduce((sum, { model }) => sum + model.xs.length, 0);
    const maxThread = Math.max(-1, ...classes.flatMap(({ code }) => code.steps.map(({ thread }) => thread)));
    this.threads = maxThread + 2;
    const actors = this.coreCount * this.threads + nodes.length + network.streams.length;
    this.firstNode = this.coreCount * this.threads;
    this.firstStream = this.firstNode + nodes.length;
    this.fill = new Int32Array(channels.length);
    this.capacity = Int32Array.from(channels, (channel) => channel.capacity);
    this.classOf = new Int32Array(this.coreCount);
    this.routerOf = new Int32Array(this.coreCount);
    this.coreAt = new Int32Array(routes.routers).fill(-1);
    this.pc = new Int32Array(this.coreCount);
    this.kind = new Uint8Array(this.firstNode);
    this.left = new Int32Array(this.firstNode);
    this.inChannel = new Int32Array(this.firstNode).fill(-1);
    this.outChannel = new Int32Array(this.firstNode).fill(-1);
    this.stepOf = new Int32Array(this.firstNode).fill(-1);
    this.streamLeft = Float64Array.from(entry?.streams ?? [], (stream) =>
      stream.direction === "in" ? streamWavelets(stream) : 0,
    );
    this.boundIn = new Int32Array(this.coreCount * machine.core.inputQueues).fill(-1);
    this.boundOut = new Int32Array(this.coreCount * machine.core.outputQueues).fill(-1);
    this.#frameBase = new Int32Array(this.coreCount);
    this.#frames = new Int32Array(classes.reduce((sum, { model, code }) => sum + model.xs.length * code.frameSize, 0));
    this.#colors = classes.map(({ model }) => Int32Array.from(model.coreClass.colors));
    this.#readerWaits = new Int32Array(channels.length).fill(-1);
    this.#writerWaits = new Int32Array(channels.length).fill(-1);
    this.#marks = channels.map(() => undefined);
    this.#taken = new Float64Array(channels.length);
    this.#mainWaits = new Int32Array(this.coreCount).fill(-1);
    this.#nodeWaits = new Int32Array(nodes.length).fill(-1);
    this.#ring = new Int32Array(actors + 1);
    this.#isQueued = new Uint8Array(actors);
    for (const { color } of nodes) this.#linksOf[color]! += 5;
    this.listOf = Int32Array.from(nodes, ({ list }) => list);
    this.positionOf = Int32Array.from(nodes, ({ position }) => position);
    this.isClosed = Uint8Array.from(nodes, ({ isClosed }) => (isClosed ? 1 : 0));
    this.#placeCores(steps);
    for (let actor = 0; actor < actors; actor++) {
      if (actor >= this.firstNode || actor % this.threads === 0) this.#wake(actor);
    }
  }

  #placeCores(steps: StepValues): void {
    let core = 0;
    let base = 0;
    for (const [index, { model, code }] of this.classes.entries()) {
      for (let i = 0; i < model.xs.length; i++) {
        this.classOf[core] = index;
        this.routerOf[core] = coreIndex(this.network.routes.grid, model.xs[i]!, model.ys[i]!);
        this.coreAt[this.routerOf[core]!] = core;
        this.#frameBase[core] = base;
        const from = i * model.slotCount;
        this.#frames.set(model.frames.subarray(from, from + model.slotCount), base);
        for (const [s, { name, min }] of model.entry.steps.entries()) {
          this.#frames[base + model.firstStepSlot + s] = steps.get(name) ?? min;
        }
        base += code.frameSize;
        core++;
      }
    }
  }

  /** Runs until nothing can move. False if the budget did not suffice. */
  run(onProgress?: (cores: number) => void): boolean {
    let rest = 0;
    while (this.#length > 0 && this.circling < 0) {
      const actor = this.#ring[this.#head]!;
      this.#head = this.#head + 1 === this.#ring.length ? 0 : this.#head + 1;
      this.#length--;
      this.#isQueued[actor] = 0;
      if (actor < this.firstNode) {
        if (actor % this.threads === 0) this.#runMain(actor / this.threads, actor);
        else this.#runMicrothread(actor);
      } else if (actor < this.firstStream) this.#runNode(actor - this.firstNode, actor);
      else this.#runStream(actor - this.firstStream, actor);
      if (++rest < 0x10000) continue;
      this.bursts += rest;
      if (!this.#budget.spend(rest)) return false;
      rest = 0;
      onProgress?.(this.endedCores());
    }
    this.bursts += rest;
    return this.#budget.spend(rest);
  }

  endedCores(): number {
    let ended = 0;
    for (let core = 0; core < this.coreCount; core++) if (this.stepAt(core).op === OP.end) ended++;
    return ended;
  }

  stepAt(core: number): TokenStep {
    return this.classes[this.classOf[core]!]!.code.steps[this.pc[core]!]!;
  }

  /** Rule that a node follows now; undefined if its colour is closed there. */
  ruleOf(node: number): PortRule | undefined {
    if (this.isClosed[node]) return undefined;
    const { color } = this.network.nodes[node]!;
    return this.network.routes.colors.get(color)?.lists[this.listOf[node]!]?.[this.positionOf[node]!];
  }

  isColorClosed(color: number, router: number): boolean {
    const node = this.network.nodeAt(color, router);
    if (node >= 0) return this.isClosed[node] === 1;
    return (this.network.routes.colors.get(color)?.closedAt[router] ?? 1) === 1;
  }

  #wake(actor: number): void {
    if (this.#isQueued[actor]) return;
    this.#isQueued[actor] = 1;
    let tail = this.#head + this.#length;
    if (tail >= this.#ring.length) tail -= this.#ring.length;
    this.#ring[tail] = actor;
    this.#length++;
  }

  // Channels

  #put(channel: number, count: number): void {
    this.fill[channel]! += count;
    const waiting = this.#readerWaits[channel]!;
    if (waiting < 0) return;
    this.#readerWaits[channel] = -1;
    this.#wake(waiting);
  }

  #take(channel: number, count: number): void {
    this.fill[channel]! -= count;
    this.#taken[channel]! += count;
    const waiting = this.#writerWaits[channel]!;
    if (waiting < 0) return;
    this.#writerWaits[channel] = -1;
    this.#wake(waiting);
  }

  #putControl(channel: number, kind: number): void {
    // The host takes data only.
    if (this.capacity[channel] === ENDLESS) return;
    const marks = (this.#marks[channel] ??= []);
    marks.push({ at: this.#taken[channel]! + this.fill[channel]!, kind });
    this.#put(channel, 1);
  }

  #widen(channel: number, slots: number): void {
    this.capacity[channel]! += slots;
    const waiting = this.#writerWaits[channel]!;
    if (waiting < 0) return;
    this.#writerWaits[channel] = -1;
    this.#wake(waiting);
  }

  // Threads

  /** Moves what can be moved of a thread's operation. True if it is done. */
  #move(actor: number): boolean {
    const kind = this.kind[actor]!;
    let count = this.left[actor]!;
    const input = this.inChannel[actor]!;
    const output = this.outChannel[actor]!;
    if (kind !== SENDS) count = Math.min(count, this.fill[input]!);
    if (kind !== TAKES) count = Math.min(count, this.capacity[output]! - this.fill[output]!);
    if (count > 0) {
      if (kind !== SENDS) this.#take(input, count);
      if (kind !== TAKES) {
        this.#put(output, count);
        this.#emitted[this.network.channels[output]!.color]! += count;
      }
      this.left[actor]! -= count;
      if (this.left[actor] === 0) {
        this.kind[actor] = IDLE;
        return true;
      }
    }
    if (kind !== SENDS && this.fill[input] === 0) this.#readerWaits[input] = actor;
    else this.#writerWaits[output] = actor;
    return false;
  }

  #runMicrothread(actor: number): void {
    if (this.kind[actor] === IDLE || !this.#move(actor)) return;
    const core = Math.floor(actor / this.threads);
    if (this.#mainWaits[core] !== actor) return;
    this.#mainWaits[core] = -1;
    this.#wake(core * this.threads);
  }

  #runMain(core: number, actor: number): void {
    const { steps } = this.classes[this.classOf[core]!]!.code;
    const colors = this.#colors[this.classOf[core]!]!;
    const router = this.routerOf[core]!;
    const base = this.#frameBase[core]!;
    const frames = this.#frames;
    let pc = this.pc[core]!;
    if (this.kind[actor] !== IDLE) {
      if (!this.#move(actor)) return;
      pc++;
    }
    for (;;) {
      const step = steps[pc]!;
      switch (step.op) {
        case OP.end:
          this.pc[core] = pc;
          return;
        case OP.loop: {
          const count = step.count ? step.count(frames, base) : step.constant;
          frames[base + step.slot] = 0;
          frames[base + step.limit] = count;
          pc = count > 0 ? pc + 1 : step.target;
          continue;
        }
        case OP.next: {
          const value = frames[base + step.slot]! + 1;
          frames[base + step.slot] = value;
          pc = value < frames[base + step.limit]! ? step.target : pc + 1;
          continue;
        }
        case OP.send:
        case OP.recv:
        case OP.forward: {
          const count = step.count ? step.count(frames, base) : step.constant;
          if (count > 0) {
            const thread = actor + step.thread + 1;
            // A busy microthread is a race, which races.ts reports; here it waits.
            if (this.kind[thread] !== IDLE) {
              this.#mainWaits[core] = thread;
              this.pc[core] = pc;
              return;
            }
            this.kind[thread] = step.op - OP.send + SENDS;
            this.left[thread] = count;
            this.stepOf[thread] = pc;
            if (step.inColor >= 0) this.inChannel[thread] = this.network.coreInput(colors[step.inColor]!, router);
            if (step.outColor >= 0) this.outChannel[thread] = this.network.coreOutput(colors[step.outColor]!, router);
            if (step.thread >= 0) this.#move(thread);
            else if (!this.#move(actor)) {
              this.pc[core] = pc;
              return;
            }
          }
          pc++;
          continue;
        }
        case OP.wait:
          if (actor + step.thread + 1 < actor + this.threads && this.kind[actor + step.thread + 1] !== IDLE) {
            this.#mainWaits[core] = actor + step.thread + 1;
            this.pc[core] = pc;
            return;
          }
          pc++;
          continue;
        default:
          if (!this.#control(core, actor, step)) {
            this.pc[core] = pc;
            return;
          }
          pc++;
      }
    }
  }

  /** Control wavelets, bind and open. False if it has to wait; then whoever lets it go on wakes the main thread. */
  #control(core: number, actor: number, step: TokenStep): boolean {
    const colors = this.#colors[this.classOf[core]!]!;
    const router = this.routerOf[core]!;
    switch (step.op) {
      case OP.control: {
        const output = this.network.coreOutput(colors[step.outColor]!, router);
        if (this.fill[output]! >= this.capacity[output]!) {
          this.#writerWaits[output] = actor;
          return false;
        }
        this.#emitted[colors[step.outColor]!]! += 1;
        this.#putControl(output, step.value);
        return true;
      }
      case OP.bindIn:
        return this.#bindIn(core, actor, colors[step.inColor]!, step.value);
      case OP.bindOut: {
        const slot = core * this.#machine.core.outputQueues + step.value;
        const old = this.boundOut[slot]!;
        const output = old < 0 ? -1 : this.network.coreOutput(old, router);
        if (output >= 0 && !this.isOutputEmpty(output)) {
          this.#writerWaits[output] = actor;
          return false;
        }
        this.boundOut[slot] = colors[step.outColor]!;
        return true;
      }
      case OP.open: {
        const color = colors[step.inColor]!;
        const node = this.network.nodeAt(color, router);
        if (!this.isClosed[node]) {
          this.#nodeWaits[node] = actor;
          return false;
        }
        this.listOf[node] = this.network.routes.listOfOpen(step.instruction!, color);
        this.positionOf[node] = 0;
        this.isClosed[node] = 0;
        this.#wake(this.firstNode + node);
        return true;
      }
      default:
        return true;
    }
  }

  #bindIn(core: number, actor: number, color: number, queue: number): boolean {
    const router = this.routerOf[core]!;
    const slot = core * this.#machine.core.inputQueues + queue;
    const old = this.boundIn[slot]!;
    const depth = this.#machine.fabric.inputQueueDepth;
    if (old >= 0) {
      const node = this.network.nodeAt(old, router);
      if (!this.isColorClosed(old, router)) {
        if (node >= 0) this.#nodeWaits[node] = actor;
        return false;
      }
      const input = this.network.coreInput(old, router);
      if (this.fill[input]! > 0) return false;
      this.#widen(input, -depth);
    }
    this.boundIn[slot] = color;
    this.#widen(this.network.coreInput(color, router), depth);
    return true;
  }

  /** Whether a core's output queue is empty once everything in its channel has moved on as far as it can. */
  isOutputEmpty(output: number): boolean {
    return (
      this.capacity[output] === ENDLESS ||
      this.fill[output]! <= this.capacity[output]! - this.network.channels[output]!.rampSlots
    );
  }

  // Routers and streams

  #runNode(node: number, actor: number): void {
    const { color, inputs, outputs } = this.network.nodes[node]!;
    for (;;) {
      const rule = this.ruleOf(node);
      if (!rule) return;
      const input = inputs[rule.from]!;
      let count = this.fill[input]!;
      if (count === 0) {
        this.#readerWaits[input] = actor;
        return;
      }
      const mark = this.#marks[input]?.[0];
      const ahead = mark ? mark.at - this.#taken[input]! : count;
      if (ahead === 0) {
        if (!this.#passControl(node, actor, rule)) return;
        continue;
      }
      if (ahead < count) count = ahead;
      for (let port = 0; port < 5; port++) {
        if (!((rule.to >> port) & 1)) continue;
        const output = outputs[port]!;
        const room = this.capacity[output]! - this.fill[output]!;
        if (room < count) count = room;
        if (room > 0) continue;
        this.#writerWaits[output] = actor;
        return;
      }
      this.#take(input, count);
      for (let port = 0; port < 5; port++) if ((rule.to >> port) & 1) this.#put(outputs[port]!, count);
      this.#hops[color]! += count;
      if (this.#isCircling(color)) return;
    }
  }

  /** The head of the node's input is a control wavelet. False if it has to wait. */
  #passControl(node: number, actor: number, rule: PortRule): boolean {
    const state = this.network.nodes[node]!;
    const input = state.inputs[rule.from]!;
    const targets: number[] = [];
    for (let port = 0; port < RAMP; port++) if ((rule.to >> port) & 1) targets.push(state.outputs[port]!);
    const full = targets.find((output) => this.fill[output]! >= this.capacity[output]!);
    if (full !== undefined) {
      this.#writerWaits[full] = actor;
      return false;
    }
    const { kind } = this.#marks[input]!.shift()!;
    this.#take(input, 1);
    for (const output of targets) this.#putControl(output, kind);
    this.#hops[state.color]! += 1;
    if (this.#isCircling(state.color)) return false;
    if (rule.transit) return true;
    if (kind === 1) {
      const { length } = this.network.routes.colors.get(state.color)!.lists[this.listOf[node]!]!;
      this.positionOf[node] = (this.positionOf[node]! + 1) % length;
      return true;
    }
    this.isClosed[node] = 1;
    const waiting = this.#nodeWaits[node]!;
    this.#nodeWaits[node] = -1;
    if (waiting >= 0) this.#wake(waiting);
    return false;
  }

  #isCircling(color: number): boolean {
    // Channels of static colours cannot form circles: every router has one source port and a circle has no way in.
    if (this.#hops[color]! <= (this.#emitted[color]! + 64) * this.#linksOf[color]!) return false;
    this.circling = color;
    return true;
  }

  #runStream(stream: number, actor: number): void {
    const channel = this.network.streams[stream]!;
    const count = Math.min(this.streamLeft[stream]!, this.capacity[channel]! - this.fill[channel]!);
    if (count > 0) {
      this.streamLeft[stream]! -= count;
      this.#emitted[this.network.channels[channel]!.color]! += count;
      this.#put(channel, count);
    }
    if (this.streamLeft[stream]! > 0) this.#writerWaits[channel] = actor;
  }
}
