// The plain version of the cycle engine's timing, kept as oracle: every cycle looks at every core, lane and stream, and decides
// from the state at the start of the cycle, as docs/program.md section 7 reads. No values, no faults, no speed.
import { waveletsOf } from "@waferc/ir/program";
import { centicyclesOf } from "@waferc/machine";
import type { Image } from "../image.ts";
import type { ControlStep, FabricStep, Step } from "../image/code.ts";
import { PORT } from "../image/fabric.ts";
import { Operands, resolveOperands } from "../image/operands.ts";
import { ResolvedView, resolveView } from "../image/view.ts";

interface PlainWavelet {
  readonly available: number;
  readonly kind: "data" | "advance" | "close";
}

interface PlainQueue {
  readonly capacity: number;
  readonly latency: number;
  readonly wavelets: PlainWavelet[];
  /** Wavelets at the start of the cycle. */
  atStart: number;
}

interface PlainLane {
  rules: number;
  position: number;
  isClosed: boolean;
  isBoundIn: boolean;
}

interface PlainOperation {
  /** First cycle in which it may move. */
  start: number;
  readonly inQueue: number;
  readonly outQueue: number;
  readonly color: number;
  readonly kind: PlainWavelet["kind"];
  left: number;
  /** Wavelets moved since the last pause of a `send`; undefined for what does not pause. */
  sincePause: number | undefined;
}

type Stall = "recv" | "send" | "ramp" | "wait" | "control";

interface PlainCore {
  pc: number;
  /** Cycle of the next issue, undefined while an instruction is under way. */
  issueAt: number | undefined;
  busyUntil: number;
  end: number | undefined;
  /** Operation of the main thread (-1) and of microthreads. */
  readonly operations: Map<number, PlainOperation>;
  waitsFor: { thread: number; due: number } | undefined;
  isInCondition: boolean;
  effectAt: number | undefined;
  readonly inputs: Map<number, number>;
  readonly outputs: Map<number, number>;
  busy: number;
  readonly stalls: Record<Stall, number>;
}

export interface PlainTiming {
  readonly cycles: number;
  readonly quiescentCycles: number;
  readonly waveletHops: number;
  readonly contentionEvents: number;
  readonly busy: readonly number[];
  readonly stalls: readonly Readonly<Record<Stall, number>>[];
  readonly isStuck: boolean;
}

/** Times an image; gives up as stuck when nothing has changed for longer than any instruction or latency may take. */
export function timePlainly(image: Image, patience = 100_000): PlainTiming {
  const model = new PlainModel(image);
  let cycle = 0;
  while (!model.isAtRest() && cycle - model.lastChange < patience) model.step(cycle++);
  return model.result();
}

class PlainModel {
  lastChange = 0;
  readonly #image: Image;
  readonly #queues: PlainQueue[] = [];
  readonly #lanes: PlainLane[] = [];
  readonly #cores: PlainCore[] = [];
  readonly #streamMoved: number[];
  readonly #operands = new Operands();
  readonly #view = new ResolvedView();
  #now = 0;
  #lastMove = -1;
  #lastOutput = -1;
  #hops = 0;
  #contention = 0;

  constructor(image: Image) {
    const { fabric, cores, machine } = image;
    this.#image = image;
    for (let q = 0; q < fabric.queueCount; q++) {
      const port = fabric.queuePort[q]!;
      const { hopCycles, rampCycles, linkQueueDepth, inputQueueDepth, outputQueueDepth } = machine.fabric;
      const isLink = port < PORT.ramp;
      this.#queues.push({
        capacity: isLink ? linkQueueDepth : port === PORT.ramp ? outputQueueDepth : inputQueueDepth,
        latency: isLink ? hopCycles : port === PORT.ramp ? machine.core.emitCycles + rampCycles : rampCycles,
        wavelets: [],
        atStart: 0,
      });
    }
    for (let lane = 0; lane < fabric.laneCount; lane++) {
      this.#lanes.push({
        rules: fabric.laneRules[lane]!,
        position: fabric.lanePosition[lane]!,
        isClosed: fabric.laneClosed[lane] === 1,
        isBoundIn: false,
      });
    }
    for (let k = 0; k < cores.count; k++) {
      this.#cores.push({
        pc: 0,
        issueAt: 0,
        busyUntil: 0,
        end: undefined,
        operations: new Map(),
        waitsFor: undefined,
        isInCondition: false,
        effectAt: undefined,
        inputs: new Map(),
        outputs: new Map(),
        busy: 0,
        stalls: { recv: 0, send: 0, ramp: 0, wait: 0, control: 0 },
      });
    }
    this.#streamMoved = fabric.streams.map(() => 0);
  }

  isAtRest(): boolean {
    return (
      this.#cores.every((core) => core.end !== undefined && core.end <= this.#now && core.operations.size === 0) &&
      this.#queues.every((queue) => queue.wavelets.length === 0) &&
      this.#image.fabric.streams.every(({ wavelets }, s) => this.#streamMoved[s] === wavelets)
    );
  }

  result(): PlainTiming {
    const isStuck = !this.isAtRest();
    return {
      cycles: this.#lastOutput + 1,
      quiescentCycles: Math.max(this.#lastMove + 1, ...this.#cores.map((core) => core.end ?? 0)),
      waveletHops: this.#hops,
      contentionEvents: this.#contention,
      busy: this.#cores.map((core) => core.busy),
      stalls: this.#cores.map((core) => core.stalls),
      isStuck,
    };
  }

  step(cycle: number): void {
    this.#now = cycle;
    this.#cores.forEach((core, k) => {
      if (core.effectAt === cycle) this.#takeEffect(core, k);
    });
    for (const queue of this.#queues) queue.atStart = queue.wavelets.length;
    this.#cores.forEach((core, k) => {
      if (core.isInCondition) this.#checkCondition(core, k);
      while (core.issueAt === cycle) this.#issue(core, k);
    });
    this.#cores.forEach((core) => this.#moveOperations(core));
    for (let router = 0; router < this.#image.fabric.width * this.#image.fabric.height; router++)
      this.#moveRouter(router);
    this.#moveStreams();
    this.#now = cycle + 1;
  }

  #changed(): void {
    this.lastChange = this.#now;
  }

  #issue(core: PlainCore, k: number): void {
    this.#changed();
    const { codes, cores, machine } = this.#image;
    const { vectorStartCycles, controlCycles, loopCycles } = machine.core;
    const step = codes[cores.codeOf[k]!]!.steps[core.pc]!;
    const now = this.#now;
    const frame = cores.frameBase[k]!;
    const next = (cycles: number, pc = core.pc + 1) => this.#next(core, cycles, pc);
    switch (step.op) {
      case "end":
        core.end = now;
        core.issueAt = undefined;
        return;
      case "loop": {
        const limit = step.count(cores.frames, frame);
        cores.frames[frame + step.slot] = 0;
        cores.frames[frame + step.limitSlot] = limit;
        if (limit > 0) next(loopCycles);
        else next(0, step.exit);
        return;
      }
      case "next":
        if (++cores.frames[frame + step.slot]! < cores.frames[frame + step.limitSlot]!) next(loopCycles, step.start);
        else next(0);
        return;
      case "wait": {
        const due = now + controlCycles;
        if (core.operations.has(step.thread)) {
          core.waitsFor = { thread: step.thread, due };
          core.issueAt = undefined;
          core.busyUntil = due;
          core.busy += controlCycles;
        } else {
          next(controlCycles);
        }
        return;
      }
      case "bind":
      case "open":
        core.isInCondition = true;
        core.issueAt = undefined;
        this.#checkCondition(core, k);
        return;
      case "send":
      case "recv":
      case "recv_reduce":
      case "drop":
      case "forward":
      case "advance":
      case "close":
        this.#issueFabric(core, k, step);
        return;
      default: {
        const at = { frames: cores.frames, frameBase: frame, memoryBase: cores.memoryBase[k]! };
        const elements = resolveOperands(step, at, this.#operands);
        const { m, k: depth, n } = this.#operands;
        const isRows = step.op === "gather" || step.op === "scatter";
        const starts = step.op === "matmul" ? depth * Math.min(m, n) : isRows ? depth : 1;
        const each = centicyclesOf(machine.core, step.cost, step.costType);
        if (elements === 0) next(controlCycles);
        else next(starts * vectorStartCycles + Math.ceil((elements * each) / 100));
      }
    }
  }

  /** The next issue comes after `cycles` busy ones. */
  #next(core: PlainCore, cycles: number, pc = core.pc + 1): void {
    core.busyUntil = this.#now + cycles;
    core.busy += cycles;
    core.issueAt = this.#now + cycles;
    core.pc = pc;
  }

  #issueFabric(core: PlainCore, k: number, step: FabricStep | Extract<ControlStep, { op: "advance" | "close" }>): void {
    const { fabricStartCycles, controlCycles } = this.#image.machine.core;
    const isControl = step.op === "advance" || step.op === "close";
    const count = isControl ? 1 : this.#wavelets(step, k);
    if (count <= 0) {
      this.#next(core, controlCycles);
      return;
    }
    const start = this.#now + (isControl ? controlCycles : fabricStartCycles);
    core.operations.set(isControl ? -1 : step.thread, this.#operation(step, k, start, count));
    if (!isControl && step.thread >= 0) {
      this.#next(core, fabricStartCycles);
    } else {
      core.issueAt = undefined;
      core.busyUntil = start;
      core.busy += start - this.#now;
    }
  }

  #wavelets(step: FabricStep, k: number): number {
    const { cores } = this.#image;
    const frame = cores.frameBase[k]!;
    if (step.op === "drop" || (step.op === "forward" && step.fn === "pass")) return step.count(cores.frames, frame);
    const view = step.op === "send" ? step.src : step.op === "forward" ? step.view : step.dst;
    resolveView(view, cores.frames, frame, cores.memoryBase[k]!, this.#view);
    return waveletsOf(view.type, this.#view.total);
  }

  #operation(step: FabricStep | ControlStep, k: number, start: number, left: number): PlainOperation {
    const { laneQueues, laneColor } = this.#image.fabric;
    const queueOf = (color: number, port: number) => laneQueues[this.#lane(k, color) * 6 + port]!;
    const isIn = step.op === "recv" || step.op === "recv_reduce" || step.op === "drop";
    const from = step.op === "forward" ? step.from : isIn ? step.color : -1;
    const to = step.op === "forward" ? step.to : !isIn && "color" in step ? step.color : -1;
    return {
      start,
      left,
      inQueue: from < 0 ? -1 : queueOf(from, PORT.core),
      outQueue: to < 0 ? -1 : queueOf(to, PORT.ramp),
      color: to < 0 ? -1 : laneColor[this.#lane(k, to)]!,
      kind: step.op === "advance" || step.op === "close" ? step.op : "data",
      sincePause: step.op === "send" ? 0 : undefined,
    };
  }

  #lane(k: number, color: number): number {
    return this.#image.coreLanes[this.#image.coreLaneBase[k]! + color]!;
  }

  #stepOf(core: PlainCore, k: number): Step {
    return this.#image.codes[this.#image.cores.codeOf[k]!]!.steps[core.pc]!;
  }

  #checkCondition(core: PlainCore, k: number): void {
    const step = this.#stepOf(core, k);
    let isMet = true;
    if (step.op === "open") isMet = this.#lanes[this.#lane(k, step.color)]!.isClosed;
    if (step.op === "bind") {
      const old = (step.direction === "in" ? core.inputs : core.outputs).get(step.queue);
      if (old !== undefined) {
        const port = step.direction === "in" ? PORT.core : PORT.ramp;
        isMet = this.#queues[this.#image.fabric.laneQueues[old * 6 + port]!]!.atStart === 0;
        if (step.direction === "in") isMet &&= this.#lanes[old]!.isClosed;
      }
    }
    if (!isMet) {
      core.stalls.control++;
      return;
    }
    this.#changed();
    core.isInCondition = false;
    core.busy += this.#image.machine.core.controlCycles;
    core.effectAt = this.#now + this.#image.machine.core.controlCycles;
  }

  #takeEffect(core: PlainCore, k: number): void {
    const step = this.#stepOf(core, k);
    core.effectAt = undefined;
    core.issueAt = this.#now;
    core.pc++;
    if (step.op === "open") {
      const lane = this.#lanes[this.#lane(k, step.color)]!;
      lane.rules = step.rules;
      lane.position = 0;
      lane.isClosed = false;
    } else if (step.op === "bind") {
      const table = step.direction === "in" ? core.inputs : core.outputs;
      const old = table.get(step.queue);
      const lane = this.#lane(k, step.color);
      table.set(step.queue, lane);
      if (step.direction === "out") return;
      if (old !== undefined) this.#lanes[old]!.isBoundIn = false;
      this.#lanes[lane]!.isBoundIn = true;
    }
  }

  /** All operations of a core, the emitting ones in rotating order of colour; one of these a cycle. */
  #moveOperations(core: PlainCore): void {
    const { colors } = this.#image.fabric;
    const rank = (color: number) => (color < 0 ? -1 : (color - (this.#now % colors) + colors) % colors);
    let isRampTaken = false;
    const operations = [...core.operations].sort(([, a], [, b]) => rank(a.color) - rank(b.color));
    for (const [thread, operation] of operations) {
      if (operation.start > this.#now) continue;
      const stall = this.#whyStalled(operation, isRampTaken);
      if (stall === "ramp") this.#contention++;
      if (stall) {
        if (thread < 0) core.stalls[stall]++;
        continue;
      }
      this.#moved();
      if (thread < 0) core.busy++;
      if (operation.inQueue >= 0) this.#queues[operation.inQueue]!.wavelets.shift();
      if (operation.outQueue >= 0) {
        this.#push(operation.outQueue, operation.kind);
        isRampTaken = true;
      }
      if (--operation.left === 0) this.#finish(core, thread);
      else this.#pause(core, thread, operation);
    }
    if (core.waitsFor && this.#now >= core.waitsFor.due) core.stalls.wait++;
  }

  #pause(core: PlainCore, thread: number, operation: PlainOperation): void {
    if (operation.sincePause === undefined) return;
    if (++operation.sincePause !== this.#image.machine.core.sendPauseEvery) return;
    operation.sincePause = 0;
    operation.start = this.#now + 2;
    if (thread < 0) core.busy++;
  }

  #whyStalled(operation: PlainOperation, isRampTaken: boolean): Stall | undefined {
    if (operation.inQueue >= 0 && !this.#hasHead(operation.inQueue)) return "recv";
    if (operation.outQueue < 0) return undefined;
    if (!this.#hasSpace(operation.outQueue)) return "send";
    return isRampTaken ? "ramp" : undefined;
  }

  #finish(core: PlainCore, thread: number): void {
    core.operations.delete(thread);
    if (thread < 0) {
      core.pc++;
      core.issueAt = this.#now + 1;
    } else if (core.waitsFor?.thread === thread) {
      const { due } = core.waitsFor;
      core.issueAt = Math.max(due, this.#now + 1);
      // The rest of this cycle still counts as waiting.
      if (this.#now >= due) core.stalls.wait++;
      core.waitsFor = undefined;
      core.pc++;
    }
  }

  #hasHead(queue: number): boolean {
    const head = this.#queues[queue]!.wavelets[0];
    return head !== undefined && head.available <= this.#now;
  }

  #hasSpace(queue: number): boolean {
    return this.#queues[queue]!.atStart < this.#queues[queue]!.capacity;
  }

  #push(queue: number, kind: PlainWavelet["kind"]): void {
    const { wavelets, latency } = this.#queues[queue]!;
    wavelets.push({ available: this.#now + latency, kind });
  }

  #moved(): void {
    this.#changed();
    this.#lastMove = this.#now;
  }

  #moveRouter(router: number): void {
    const { laneStart, laneColor, colors } = this.#image.fabric;
    const lanes: number[] = [];
    for (let lane = laneStart[router]!; lane < laneStart[router + 1]!; lane++)
      if (this.#hasWork(lane)) lanes.push(lane);
    if (lanes.length === 0) return;
    const first = this.#now % colors;
    const rank = (lane: number) => (laneColor[lane]! - first + colors) % colors;
    lanes.sort((a, b) => rank(a) - rank(b));
    const taken = new Set<number>();
    for (const lane of lanes) this.#moveLane(lane, taken);
  }

  /** Whether the lane is open and a wavelet waits at the port that its rule takes from. */
  #hasWork(lane: number): boolean {
    const { fabric } = this.#image;
    const state = this.#lanes[lane]!;
    const rule = fabric.ruleLists[state.rules]?.[state.position];
    if (state.isClosed || !rule) return false;
    const source = fabric.laneQueues[lane * 6 + rule.from]!;
    return source >= 0 && this.#hasHead(source);
  }

  #moveLane(lane: number, taken: Set<number>): void {
    const { fabric } = this.#image;
    const state = this.#lanes[lane]!;
    const rule = fabric.ruleLists[state.rules]![state.position]!;
    const source = fabric.laneQueues[lane * 6 + rule.from]!;
    const { kind } = this.#queues[source]!.wavelets[0]!;
    const ports = rule.to.filter((port) => kind === "data" || port !== PORT.ramp);
    const targets = ports.map((port) => fabric.destination(lane, port));
    if (ports.includes(PORT.ramp) && !state.isBoundIn) return;
    if (targets.some((target) => target >= 0 && !this.#hasSpace(target))) return;
    if (ports.some((port) => taken.has(port))) {
      this.#contention++;
      return;
    }
    this.#moved();
    this.#queues[source]!.wavelets.shift();
    targets.forEach((target, i) => {
      taken.add(ports[i]!);
      if (target >= 0) {
        this.#push(target, kind);
        if (ports[i] !== PORT.ramp) this.#hops++;
      } else if (kind === "data") {
        this.#streamMoved[-2 - target]!++;
        this.#lastOutput = this.#now;
      }
    });
    if (kind === "data" || rule.transit) return;
    if (kind === "close") state.isClosed = true;
    else state.position = (state.position + 1) % fabric.ruleLists[state.rules]!.length;
  }

  #moveStreams(): void {
    const { fabric } = this.#image;
    const taken = new Set<string>();
    const rank = (lane: number) =>
      (fabric.laneColor[lane]! - (this.#now % fabric.colors) + fabric.colors) % fabric.colors;
    const order = fabric.streams
      .map((_, s) => s)
      .sort((a, b) => rank(fabric.streams[a]!.lane) - rank(fabric.streams[b]!.lane));
    for (const s of order) {
      const { stream, wavelets, queue, lane, port } = fabric.streams[s]!;
      if (stream.direction === "out" || this.#streamMoved[s] === wavelets || !this.#hasSpace(queue)) continue;
      const key = `${fabric.laneRouter[lane]!} ${port}`;
      if (taken.has(key)) {
        this.#contention++;
        continue;
      }
      taken.add(key);
      this.#moved();
      this.#push(queue, "data");
      this.#streamMoved[s]!++;
    }
  }
}
