// Cores of the untimed engine: a main thread that executes steps in order and microthreads that move the wavelets of
// asynchronous operations (docs/program.md sections 2 and 4). A thread makes one move at a time: a step, or one wavelet.
import { waveletsOf } from "@waferc/ir/program";
import { type BlockedThread, type CorePlace, ProgramFault, Violation, type WaitCause } from "../fault.ts";
import { coreCoord, type Image, stepName } from "../image.ts";
import { Claims, type FabricUse } from "../image/claims.ts";
import type { ControlStep, FabricStep, LocalStep, Step } from "../image/code.ts";
import { PORT } from "../image/fabric.ts";
import { type CoreContext, Operands, repeated, resolveOperands } from "../image/operands.ts";
import { type CompiledView, repeatsElement, ResolvedView, resolveView } from "../image/view.ts";
import { type Memory, executeLocal } from "./arithmetic.ts";
import { moveElements } from "./transfer.ts";
import type { Queues } from "./queues.ts";
import type { Routers } from "./routers.ts";

/** A fabric operation under way on a thread. */
interface Operation {
  readonly step: FabricStep | ControlStep;
  readonly pc: number;
  readonly inQueue: number;
  readonly outQueue: number;
  readonly view: ResolvedView | undefined;
  readonly total: number;
  moved: number;
}

export interface ThreadEvents {
  pushed(queue: number): void;
  popped(queue: number): void;
  /** A microthread of the core has an operation to move. */
  started(core: number, thread: number): void;
  /** A microthread of the core is idle again. */
  finished(core: number): void;
}

export class Cores {
  readonly #image: Image;
  readonly #queues: Queues;
  readonly #routers: Routers;
  readonly #events: ThreadEvents;
  readonly #claims: Claims;
  readonly #memory: Memory;
  readonly #pc: Int32Array;
  /** Operations by core * (microthreads + 1) + thread + 1; the main thread's is thread -1. */
  readonly #operations = new Map<number, Operation>();
  readonly #threads: number;
  /** Lane bound to each queue of each core, -1 for none; for lanes, whether a queue of the core is bound for output. */
  readonly #inputs: Int32Array;
  readonly #outputs: Int32Array;
  readonly #isBoundOut: Uint8Array;
  readonly #operands = new Operands();
  readonly #at: CoreContext;
  #ended = 0;

  constructor(image: Image, queues: Queues, routers: Routers, events: ThreadEvents) {
    const { cores, machine } = image;
    this.#image = image;
    this.#queues = queues;
    this.#routers = routers;
    this.#events = events;
    this.#claims = new Claims(image);
    this.#memory = image;
    this.#pc = new Int32Array(cores.count);
    this.#threads = machine.core.microthreads + 1;
    this.#inputs = new Int32Array(cores.count * machine.core.inputQueues).fill(-1);
    this.#outputs = new Int32Array(cores.count * machine.core.outputQueues).fill(-1);
    this.#isBoundOut = new Uint8Array(image.fabric.laneCount);
    this.#at = { frames: cores.frames, frameBase: 0, memoryBase: 0 };
    for (let core = 0; core < cores.count; core++) if (this.#step(core).op === "end") this.#ended++;
  }

  get ended(): number {
    return this.#ended;
  }

  /** One move of the core's main thread; false if it cannot move. */
  moveMain(core: number): boolean {
    const step = this.#step(core);
    try {
      return this.#moveMain(core, step);
    } catch (error) {
      throw this.#placed(error, core, this.#pc[core]!);
    }
  }

  /** One wavelet of a microthread's operation; false if it cannot move or the microthread is idle. */
  moveMicrothread(core: number, thread: number): boolean {
    const operation = this.#operations.get(this.#key(core, thread));
    if (!operation || !this.#moveWavelet(operation)) return false;
    if (operation.moved === operation.total) {
      this.#operations.delete(this.#key(core, thread));
      this.#events.finished(core);
    }
    return true;
  }

  #moveMain(core: number, step: Step): boolean {
    const operation = this.#operations.get(this.#key(core, -1));
    if (operation) return this.#moveSynchronous(core, operation);
    switch (step.op) {
      case "end":
        return false;
      case "loop": {
        const frames = this.#image.cores.frames;
        const base = this.#image.cores.frameBase[core]!;
        const limit = step.count(frames, base);
        frames[base + step.slot] = 0;
        frames[base + step.limitSlot] = limit;
        this.#goTo(core, limit > 0 ? this.#pc[core]! + 1 : step.exit);
        return true;
      }
      case "next": {
        const frames = this.#image.cores.frames;
        const base = this.#image.cores.frameBase[core]!;
        const value = ++frames[base + step.slot]!;
        this.#goTo(core, value < frames[base + step.limitSlot]! ? step.start : this.#pc[core]! + 1);
        return true;
      }
      case "wait":
        if (this.#operations.has(this.#key(core, step.thread))) return false;
        this.#claims.release(core, step.thread);
        this.#goTo(core, this.#pc[core]! + 1);
        return true;
      case "bind":
        return this.#bind(core, step);
      case "open":
        return this.#open(core, step);
      case "send":
      case "recv":
      case "recv_reduce":
      case "drop":
      case "forward":
      case "advance":
      case "close":
        this.#issue(core, step);
        return true;
      default:
        this.#executeLocal(core, step);
        return true;
    }
  }

  #executeLocal(core: number, step: LocalStep): void {
    const operands = this.#operands;
    const elements = resolveOperands(step, this.#context(core), operands);
    if (elements > 0) {
      if (this.#claims.hasOutstanding(core)) this.#checkRaces(core, operands);
      executeLocal(step, operands, this.#memory);
    }
    this.#goTo(core, this.#pc[core]! + 1);
  }

  #checkRaces(core: number, operands: Operands): void {
    this.#claims.checkView(core, operands.dst, "write");
    if (operands.aIsView) this.#claims.checkView(core, operands.a, "read");
    if (operands.bIsView) this.#claims.checkView(core, operands.b, "read");
    if (operands.condIsView) this.#claims.checkView(core, operands.cond, "read");
  }

  /** Starts a fabric instruction: on its microthread, or on the main thread, which then stays until its last wavelet. */
  #issue(core: number, step: FabricStep | Extract<ControlStep, { op: "advance" | "close" }>): void {
    const inColor = step.op === "forward" ? step.from : isEmitting(step) ? -1 : step.color;
    const outColor = step.op === "forward" ? step.to : isEmitting(step) ? step.color : -1;
    const view = this.#viewOf(core, step);
    const total = view ? waveletsOf(compiledViewOf(step)!.type, view.total) : this.#countOf(core, step);
    if (total <= 0) {
      this.#goTo(core, this.#pc[core]! + 1);
      return;
    }
    const use: FabricUse = {
      inLane: inColor < 0 ? -1 : this.#lane(core, inColor),
      outLane: outColor < 0 ? -1 : this.#lane(core, outColor),
      view,
      access:
        step.op === "recv" || step.op === "recv_reduce" || (step.op === "forward" && step.fn === "store")
          ? "write"
          : "read",
    };
    if (view && use.access === "write" && repeatsElement(view)) throw repeated(compiledViewOf(step)!);
    if (use.inLane >= 0 && !this.#routers.isBoundIn(use.inLane)) throw this.#unbound(use.inLane, "in");
    if (use.outLane >= 0 && !this.#isBoundOut[use.outLane]) throw this.#unbound(use.outLane, "out");
    const thread = "thread" in step ? step.thread : -1;
    if (thread >= this.#image.machine.core.microthreads) {
      throw new Violation(
        "SIM-001",
        `Cannot use microthread ${thread}: the core has ${this.#image.machine.core.microthreads}`,
      );
    }
    if (thread < 0) this.#claims.checkUse(core, use);
    else this.#claims.claim(core, thread, use);
    const { laneQueues } = this.#image.fabric;
    this.#operations.set(this.#key(core, thread), {
      step,
      pc: this.#pc[core]!,
      inQueue: use.inLane < 0 ? -1 : laneQueues[use.inLane * 6 + PORT.core]!,
      outQueue: use.outLane < 0 ? -1 : laneQueues[use.outLane * 6 + PORT.ramp]!,
      view,
      total,
      moved: 0,
    });
    if (thread < 0) return;
    this.#events.started(core, thread);
    this.#goTo(core, this.#pc[core]! + 1);
  }

  #moveSynchronous(core: number, operation: Operation): boolean {
    if (!this.#moveWavelet(operation)) return false;
    if (operation.moved === operation.total) {
      this.#operations.delete(this.#key(core, -1));
      this.#goTo(core, this.#pc[core]! + 1);
    }
    return true;
  }

  /** Moves one wavelet of an operation; false if the input is empty or the output full. */
  #moveWavelet(operation: Operation): boolean {
    const { inQueue, outQueue, step } = operation;
    if (inQueue >= 0 && this.#queues.isEmpty(inQueue)) return false;
    if (outQueue >= 0 && this.#queues.isFull(outQueue)) return false;
    let value = 0;
    if (inQueue >= 0) {
      value = this.#queues.pop(inQueue);
      this.#events.popped(inQueue);
    }
    value = this.#combine(operation, value);
    if (outQueue >= 0) {
      this.#queues.push(outQueue, value, step.op === "advance" || step.op === "close" ? step.op : "data");
      this.#events.pushed(outQueue);
    }
    operation.moved++;
    return true;
  }

  /** What one wavelet does to memory, and the value that goes on (where one does). */
  #combine({ step, view, moved }: Operation, value: number): number {
    const compiled = compiledViewOf(step);
    if (!view || !compiled) return value;
    return moveElements(step as FabricStep, compiled.type, this.#memory, view, moved, value);
  }

  #bind(core: number, { direction, queue, color }: Extract<ControlStep, { op: "bind" }>): boolean {
    const { inputQueues, outputQueues } = this.#image.machine.core;
    const queues = direction === "in" ? inputQueues : outputQueues;
    if (queue < 0 || queue >= queues) {
      throw new Violation("SIM-001", `Cannot bind ${direction} queue ${queue}: the core has ${queues}`);
    }
    const table = direction === "in" ? this.#inputs : this.#outputs;
    const slot = core * queues + queue;
    const old = table[slot]!;
    const lane = this.#lane(core, color);
    if (old >= 0) {
      this.#claims.checkLane(old, direction);
      if (!this.#mayRebind(old, direction)) return false;
    }
    if (old !== lane && (direction === "in" ? this.#routers.isBoundIn(lane) : this.#isBoundOut[lane] === 1)) {
      const actual = this.#image.fabric.laneColor[lane]!;
      throw new Violation(
        "SIM-008",
        `Cannot bind colour ${actual} to ${direction} queue ${queue}: it is bound to another`,
      );
    }
    table[slot] = lane;
    if (direction === "in") {
      if (old >= 0) this.#routers.setBoundIn(old, false);
      this.#routers.setBoundIn(lane, true);
    } else {
      if (old >= 0) this.#isBoundOut[old] = 0;
      this.#isBoundOut[lane] = 1;
    }
    this.#goTo(core, this.#pc[core]! + 1);
    return true;
  }

  #mayRebind(old: number, direction: "in" | "out"): boolean {
    const { laneQueues } = this.#image.fabric;
    if (direction === "out") return this.#queues.isEmpty(laneQueues[old * 6 + PORT.ramp]!);
    return this.#routers.isClosed(old) && this.#queues.isEmpty(laneQueues[old * 6 + PORT.core]!);
  }

  #open(core: number, { color, rules }: Extract<ControlStep, { op: "open" }>): boolean {
    const lane = this.#lane(core, color);
    if (!this.#routers.isClosed(lane)) return false;
    this.#routers.open(lane, rules);
    this.#goTo(core, this.#pc[core]! + 1);
    return true;
  }

  /** Threads that have something left to do, with what they wait for. For the end of a run in which nothing can move. */
  blockedThreads(): BlockedThread[] {
    const blocked: BlockedThread[] = [];
    for (let core = 0; core < this.#image.cores.count; core++) {
      for (let thread = -1; thread < this.#threads - 1; thread++) {
        const operation = this.#operations.get(this.#key(core, thread));
        if (operation) blocked.push(this.#describe(core, thread, operation.pc, operation));
        else if (thread < 0 && this.#step(core).op !== "end") {
          blocked.push(this.#describe(core, thread, this.#pc[core]!, undefined));
        }
      }
    }
    return blocked;
  }

  #describe(core: number, thread: number, pc: number, operation: Operation | undefined): BlockedThread {
    const code = this.#image.codes[this.#image.cores.codeOf[core]!]!;
    const step = code.steps[pc]!;
    return {
      core: coreCoord(this.#image, core),
      thread: thread < 0 ? "main" : thread,
      instruction: stepName(this.#image, core, pc),
      kernel: this.#image.program.kernels[step.kernel]?.name ?? "",
      ...(operation ? this.#whyWaiting(operation) : this.#whyBlocked(core, step)),
    };
  }

  #whyWaiting({
    inQueue,
    outQueue,
    moved,
    total,
  }: Operation): Pick<BlockedThread, "cause" | "color" | "direction" | "reason"> {
    const lacksInput = inQueue >= 0 && this.#queues.isEmpty(inQueue);
    const lane = this.#image.fabric.queueLane[lacksInput ? inQueue : outQueue]!;
    return {
      cause: lacksInput ? "recv" : "send",
      color: this.#image.fabric.laneColor[lane]!,
      direction: lacksInput ? "in" : "out",
      reason: `${lacksInput ? "no wavelet comes" : "the output queue is full"} (${moved} of ${total} moved)`,
    };
  }

  #whyBlocked(
    core: number,
    step: Step,
  ): { cause: WaitCause; color?: number; direction?: "in" | "out"; reason: string } {
    if (step.op === "wait") return { cause: "wait", reason: `microthread ${step.thread} is not done` };
    if (step.op === "open") {
      const color = this.#image.fabric.laneColor[this.#lane(core, step.color)]!;
      return { cause: "open", color, reason: "the router has the colour open" };
    }
    if (step.op !== "bind") return { cause: "wait", reason: "it was not scheduled" };
    const table = step.direction === "in" ? this.#inputs : this.#outputs;
    const old = table[core * (table.length / this.#image.cores.count) + step.queue]!;
    const reason =
      step.direction === "in"
        ? "the queue's old colour is open or its queue not empty"
        : "the old colour's queue is not empty";
    return { cause: "bind", color: this.#image.fabric.laneColor[old]!, direction: step.direction, reason };
  }

  #viewOf(core: number, step: FabricStep | ControlStep): ResolvedView | undefined {
    const view = compiledViewOf(step);
    if (!view) return undefined;
    const resolved = new ResolvedView();
    const at = this.#context(core);
    resolveView(view, at.frames, at.frameBase, at.memoryBase, resolved);
    return resolved;
  }

  #countOf(core: number, step: FabricStep | ControlStep): number {
    if (step.op === "drop" || (step.op === "forward" && step.fn === "pass")) {
      return step.count(this.#image.cores.frames, this.#image.cores.frameBase[core]!);
    }
    return 1;
  }

  #context(core: number): CoreContext {
    this.#at.frameBase = this.#image.cores.frameBase[core]!;
    this.#at.memoryBase = this.#image.cores.memoryBase[core]!;
    return this.#at;
  }

  #step(core: number): Step {
    return this.#image.codes[this.#image.cores.codeOf[core]!]!.steps[this.#pc[core]!]!;
  }

  #goTo(core: number, pc: number): void {
    this.#pc[core] = pc;
    if (this.#step(core).op === "end") this.#ended++;
  }

  #key(core: number, thread: number): number {
    return core * this.#threads + thread + 1;
  }

  #lane(core: number, color: number): number {
    return this.#image.coreLanes[this.#image.coreLaneBase[core]! + color]!;
  }

  #unbound(lane: number, direction: "in" | "out"): Violation {
    const color = this.#image.fabric.laneColor[lane]!;
    return new Violation(
      "SIM-007",
      `Cannot use colour ${color} ${direction}: no ${direction}put queue of the core is bound to it`,
    );
  }

  #placed(error: unknown, core: number, pc: number): unknown {
    if (!(error instanceof Violation)) return error;
    const place: CorePlace = coreCoord(this.#image, core);
    const step = this.#image.codes[this.#image.cores.codeOf[core]!]!.steps[pc]!;
    const kernel = this.#image.program.kernels[step.kernel]?.name;
    return new ProgramFault(error.code, error.message, {
      core: place,
      instruction: stepName(this.#image, core, pc),
      ...(kernel === undefined ? {} : { kernel }),
    });
  }
}

type EmittingStep = Extract<FabricStep | ControlStep, { op: "send" | "advance" | "close" }>;

function isEmitting(step: FabricStep | ControlStep): step is EmittingStep {
  return step.op === "send" || step.op === "advance" || step.op === "close";
}

function compiledViewOf(step: FabricStep | ControlStep): CompiledView | undefined {
  switch (step.op) {
    case "send":
      return step.src;
    case "recv":
    case "recv_reduce":
      return step.dst;
    case "forward":
      return step.fn === "pass" ? undefined : step.view;
    default:
      return undefined;
  }
}
