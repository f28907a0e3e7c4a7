// Main threads of the cycle engine. A local instruction touches nothing but its core's memory, so a main thread runs ahead through
// local instructions and loops, adding up their cycles, until the next instruction that others can notice; that one is issued
// in its cycle. Asynchronous operations are not disturbed: their elements are claimed until the `wait`.
import { InternalError } from "@waferc/base";
import { waveletsOf } from "@waferc/ir/program";
import { type BlockedThread, ProgramFault, RunStopped, Violation } from "../fault.ts";
import { coreCoord, type Image, stepName } from "../image.ts";
import { Claims, type FabricUse } from "../image/claims.ts";
import type { ControlStep, FabricStep, LocalStep, Step } from "../image/code.ts";
import { PORT } from "../image/fabric.ts";
import { type CoreContext, Operands, repeated, resolveOperands } from "../image/operands.ts";
import { type CompiledView, repeatsElement, ResolvedView, resolveView } from "../image/view.ts";
import { ACTIONS, actionOf } from "../kernels/combine.ts";
import { executeLocal } from "../kernels/local.ts";
import { type Accounts } from "./accounts.ts";
import { localCycles } from "./cost.ts";
import { LAYOUT } from "./layout.ts";
import type { Motion, MotionListener, MovingOperation, Operation } from "./motion.ts";
import { Timers } from "./timers.ts";

const { ADVANCE, BUSY, CLOSE, CONTROL, DATA, WAIT } = LAYOUT;

type EmitStep = Extract<ControlStep, { op: "advance" | "close" }>;
type ConditionStep = Extract<ControlStep, { op: "bind" | "open" }>;

const STEPS_BETWEEN_POLLS = 1 << 16;

export class Cores implements MotionListener {
  readonly #timers: Timers;
  readonly #image: Image;
  readonly #motion: Motion;
  readonly #accounts: Accounts;
  readonly #claims: Claims;
  readonly #pc: Int32Array;
  /** 1 while a `bind` or `open` takes effect at the next issue. */
  readonly #hasEffect: Uint8Array;
  /** Microthread that the main thread waits for, plus one; and the cycle from which it may go on. */
  readonly #waitsFor: Int32Array;
  readonly #waitDue: Float64Array;
  /** Since when the main thread is blocked in a `bind` or `open`, -1 for not; and its row of the ledger. */
  readonly #blockedSince: Int32Array;
  readonly #blockedRow: Int32Array;
  /** Lane bound to each queue of each core, -1 for none. */
  readonly #inputs: Int32Array;
  readonly #outputs: Int32Array;
  readonly #operands = new Operands();
  readonly #view = new ResolvedView();
  readonly #use: FabricUse = { inLane: -1, outLane: -1, view: undefined, access: "read" };
  readonly #operation: Operation = {
    inLane: -1,
    outLane: -1,
    wavelets: 0,
    emits: DATA,
    action: ACTIONS.PASS,
    row: -1,
    pc: 0,
    view: undefined,
  };
  readonly #at: CoreContext;
  readonly #shouldStop: (() => boolean) | undefined;
  #stepsToPoll = STEPS_BETWEEN_POLLS;
  ended = 0;
  shuffle: ((members: Int32Array, count: number) => void) | undefined;

  constructor(image: Image, motion: Motion, accounts: Accounts, shouldStop: (() => boolean) | undefined) {
    const { cores, machine } = image;
    this.#image = image;
    this.#motion = motion;
    this.#accounts = accounts;
    this.#shouldStop = shouldStop;
    this.#claims = new Claims(image);
    this.#timers = new Timers(cores.count);
    this.#pc = new Int32Array(cores.count);
    this.#hasEffect = new Uint8Array(cores.count);
    this.#waitsFor = new Int32Array(cores.count);
    this.#waitDue = new Float64Array(cores.count);
    this.#blockedSince = new Int32Array(cores.count).fill(-1);
    this.#blockedRow = new Int32Array(cores.count);
    this.#inputs = new Int32Array(cores.count * machine.core.inputQueues).fill(-1);
    this.#outputs = new Int32Array(cores.count * machine.core.outputQueues).fill(-1);
    this.#at = { frames: cores.frames, frameBase: 0, memoryBase: 0 };
    for (let core = 0; core < cores.count; core++) this.#timers.set(core, 0);
  }

  /** Issues the instructions that are due in the current cycle. Before units, routers and streams move. */
  step(): void {
    const count = this.#timers.collect(this.#motion.now);
    const { found } = this.#timers;
    this.shuffle?.(found, count);
    for (let i = 0; i < count; i++) {
      const core = found[i]!;
      try {
        if (this.#hasEffect[core]) this.#takeEffect(core);
        this.#run(core);
      } catch (error) {
        throw error instanceof Violation ? this.#fault(error, core) : error;
      }
    }
  }

  /** The next cycle in which `step` may have something to do; undefined if there is none as yet. */
  nextIssue(): number | undefined {
    return this.#timers.count > 0 ? this.#timers.nextAfter(this.#motion.now) : undefined;
  }

  /** Runs ahead through local instructions, then issues the next other one or sets a timer for it. */
  #run(core: number): void {
    const { now, paths } = this.#motion;
    const { steps } = this.#image.codes[this.#image.cores.codeOf[core]!]!;
    let time = now;
    for (;;) {
      const step = steps[this.#pc[core]!]!;
      paths?.run(core, time, this.#pc[core]!, step.kernel);
      if (--this.#stepsToPoll === 0) this.#poll();
      if (step.op === "end") {
        this.#accounts.end[core] = time;
        this.ended++;
        return;
      }
      let cycles = this.#advance(core, step);
      if (cycles < 0) {
        if (time > now) {
          this.#timers.set(core, time);
          return;
        }
        cycles = this.#issueStep(core, step as FabricStep | ControlStep);
        if (cycles < 0) return;
      }
      time += cycles;
    }
  }

  /** Executes a step that nobody else notices and returns its cycles; -1 for any other step, which stays. */
  #advance(core: number, step: Step): number {
    const { cores, machine } = this.#image;
    const { frames } = cores;
    const frame = cores.frameBase[core]!;
    const pc = this.#pc[core]!;
    let cycles = 0;
    let next = pc + 1;
    switch (step.op) {
      case "fill":
      case "iota":
      case "copy":
      case "cast":
      case "unary":
      case "binary":
      case "compare":
      case "select":
      case "reduce":
      case "matmul":
      case "gather":
      case "scatter":
        cycles = this.#executeLocal(core, step);
        break;
      case "loop": {
        const limit = step.count(frames, frame);
        frames[frame + step.slot] = 0;
        frames[frame + step.limitSlot] = limit;
        if (limit > 0) cycles = machine.core.loopCycles;
        else next = step.exit;
        break;
      }
      case "next":
        if (++frames[frame + step.slot]! < frames[frame + step.limitSlot]!) {
          cycles = machine.core.loopCycles;
          next = step.start;
        }
        break;
      default:
        return -1;
    }
    this.#accounts.rows[this.#row(core) + BUSY]! += cycles;
    this.#pc[core] = next;
    return cycles;
  }

  /** Issues a step in the current cycle and returns the cycles until the next issue, or -1 if that is not known yet. */
  #issueStep(core: number, step: FabricStep | ControlStep): number {
    const { controlCycles, fabricStartCycles } = this.#image.machine.core;
    const row = this.#row(core);
    switch (step.op) {
      case "wait":
        this.#wait(core, step, row);
        return -1;
      case "bind":
      case "open":
        this.#startCondition(core, row);
        return -1;
      case "send":
      case "recv":
      case "recv_reduce":
      case "drop":
      case "forward":
      case "advance":
      case "close": {
        const isIssued = this.#issue(core, step, row);
        const cycles = isIssued && "thread" in step ? fabricStartCycles : controlCycles;
        this.#accounts.rows[row + BUSY]! += cycles;
        if (isIssued && !("thread" in step && step.thread >= 0)) return -1;
        this.#pc[core]!++;
        return cycles;
      }
      default:
        throw new InternalError(`step ${step.op} is executed at once`);
    }
  }

  /** Computes a local instruction and returns its cycles. */
  #executeLocal(core: number, step: LocalStep): number {
    const operands = this.#operands;
    const elements = resolveOperands(step, this.#context(core), operands);
    if (elements === 0) return this.#image.machine.core.controlCycles;
    if (this.#claims.hasOutstanding(core)) this.#checkRaces(core);
    if (!this.#image.isTimingOnly) executeLocal(step, operands, this.#image);
    return localCycles(this.#image.machine, step, elements, operands);
  }

  #checkRaces(core: number): void {
    const { dst, a, b, cond, aIsView, bIsView, condIsView } = this.#operands;
    this.#claims.checkView(core, dst, "write");
    if (aIsView) this.#claims.checkView(core, a, "read");
    if (bIsView) this.#claims.checkView(core, b, "read");
    if (condIsView) this.#claims.checkView(core, cond, "read");
  }

  /** Starts a fabric instruction on its unit; false if it has nothing to move. */
  #issue(core: number, step: FabricStep | EmitStep, row: number): boolean {
    const { fabricStartCycles, controlCycles, microthreads } = this.#image.machine.core;
    const motion = this.#motion;
    const use = this.#use;
    const wavelets = this.#resolveUse(core, step);
    if (wavelets <= 0) return false;
    if (use.inLane >= 0 && !motion.isBoundIn[use.inLane]) throw this.#unbound(use.inLane, "in");
    if (use.outLane >= 0 && !motion.isBoundOut[use.outLane]) throw this.#unbound(use.outLane, "out");
    const thread = "thread" in step ? step.thread : -1;
    if (thread >= microthreads) {
      throw new Violation("SIM-001", `Cannot use microthread ${thread}: the core has ${microthreads}`);
    }
    if (thread < 0) this.#claims.checkUse(core, use);
    else this.#claims.claim(core, thread, use);
    const operation = this.#operation;
    operation.inLane = use.inLane;
    operation.outLane = use.outLane;
    operation.wavelets = wavelets;
    operation.emits = step.op === "advance" ? ADVANCE : step.op === "close" ? CLOSE : DATA;
    operation.action = "thread" in step ? actionOf(step, use.view?.total ?? 0) : ACTIONS.PASS;
    operation.row = thread < 0 ? row : -1;
    operation.pc = this.#pc[core]!;
    operation.view = use.view;
    motion.paths?.issue(core, motion.firstUnit[core]! + thread + 1, motion.now, operation.pc);
    motion.start(core, thread + 1, operation, "thread" in step ? fabricStartCycles : controlCycles);
    return true;
  }

  /** Fills `#use` and returns the number of wavelets. */
  #resolveUse(core: number, step: FabricStep | EmitStep): number {
    const use = this.#use;
    use.inLane = -1;
    use.outLane = -1;
    use.view = undefined;
    use.access = "read";
    switch (step.op) {
      case "send":
        use.outLane = this.#lane(core, step.color);
        return this.#resolveView(core, step.src);
      case "recv":
      case "recv_reduce":
        use.inLane = this.#lane(core, step.color);
        use.access = "write";
        return this.#resolveView(core, step.dst);
      case "drop":
        use.inLane = this.#lane(core, step.color);
        return step.count(this.#image.cores.frames, this.#image.cores.frameBase[core]!);
      case "forward":
        use.inLane = this.#lane(core, step.from);
        use.outLane = this.#lane(core, step.to);
        if (step.fn === "pass") return step.count(this.#image.cores.frames, this.#image.cores.frameBase[core]!);
        use.access = step.fn === "store" ? "write" : "read";
        return this.#resolveView(core, step.view);
      case "advance":
      case "close":
        use.outLane = this.#lane(core, step.color);
        return 1;
      default:
        return step satisfies never;
    }
  }

  #resolveView(core: number, view: CompiledView): number {
    const at = this.#context(core);
    resolveView(view, at.frames, at.frameBase, at.memoryBase, this.#view);
    if (this.#use.access === "write" && repeatsElement(this.#view)) throw repeated(view);
    this.#use.view = this.#view;
    return waveletsOf(view.type, this.#view.total);
  }

  /** An operation moved its last wavelet in this cycle: the main thread goes on in the next one if it was waiting for that. */
  finished(core: number, unit: number): void {
    const { now, paths } = this.#motion;
    if (unit === 0) {
      paths?.follow(core, this.#motion.firstUnit[core]!);
      this.#pc[core]!++;
      this.#timers.set(core, now + 1);
    } else if (this.#waitsFor[core] === unit) {
      const due = Math.max(this.#waitDue[core]!, now + 1);
      if (due > this.#waitDue[core]!) paths?.follow(core, this.#motion.firstUnit[core]! + unit);
      this.#accounts.rows[this.#row(core) + WAIT]! += due - this.#waitDue[core]!;
      this.#endWait(core, unit - 1, due);
    }
  }

  #wait(core: number, step: Extract<ControlStep, { op: "wait" }>, row: number): void {
    const { controlCycles } = this.#image.machine.core;
    const due = this.#motion.now + controlCycles;
    this.#accounts.rows[row + BUSY]! += controlCycles;
    const unit = step.thread + 1;
    if (this.#motion.isIdle(core, unit)) {
      this.#endWait(core, step.thread, due);
      return;
    }
    this.#waitsFor[core] = unit;
    this.#waitDue[core] = due;
  }

  #endWait(core: number, thread: number, due: number): void {
    this.#waitsFor[core] = 0;
    this.#claims.release(core, thread);
    this.#pc[core]!++;
    this.#timers.set(core, due);
  }

  /** `bind` and `open`: the condition counts from the cycle of issue on. */
  #startCondition(core: number, row: number): void {
    this.#blockedRow[core] = row;
    this.#blockedSince[core] = this.#motion.now;
    this.#motion.setBlocked(core, true);
    this.#checkCondition(core);
  }

  recheck(core: number): void {
    try {
      this.#checkCondition(core);
    } catch (error) {
      throw error instanceof Violation ? this.#fault(error, core) : error;
    }
  }

  #checkCondition(core: number): void {
    const { now } = this.#motion;
    const { controlCycles } = this.#image.machine.core;
    const step = this.#stepOf(core) as ConditionStep;
    const isMet = step.op === "open" ? this.#mayOpen(core, step) : this.#mayBind(core, step);
    if (!isMet) return;
    const row = this.#blockedRow[core]!;
    const since = this.#blockedSince[core]!;
    if (now > since) this.#followCondition(core, step);
    this.#accounts.rows[row + CONTROL]! += now - since;
    this.#accounts.rows[row + BUSY]! += controlCycles;
    this.#blockedSince[core] = -1;
    this.#motion.setBlocked(core, false);
    this.#hasEffect[core] = 1;
    this.#timers.set(core, now + controlCycles);
  }

  /** The path of a main thread that waited until its condition held. */
  #followCondition(core: number, step: ConditionStep): void {
    const { paths } = this.#motion;
    if (!paths) return;
    if (step.op === "open") {
      paths.followClose(core, this.#lane(core, step.color));
      return;
    }
    const old = this.#boundLane(core, step);
    if (step.direction === "in") paths.followClose(core, old);
    else paths.followFreed(core, this.#motion.queueOf(old, PORT.ramp));
  }

  /** Lane bound to the queue that a `bind` names, -1 for none. */
  #boundLane(core: number, { direction, queue }: Extract<ControlStep, { op: "bind" }>): number {
    const table = direction === "in" ? this.#inputs : this.#outputs;
    return table[core * (table.length / this.#image.cores.count) + queue]!;
  }

  #mayOpen(core: number, step: Extract<ControlStep, { op: "open" }>): boolean {
    return this.#motion.isClosed(this.#lane(core, step.color), core);
  }

  #mayBind(core: number, { direction, queue, color }: Extract<ControlStep, { op: "bind" }>): boolean {
    const motion = this.#motion;
    const table = direction === "in" ? this.#inputs : this.#outputs;
    const queues = table.length / this.#image.cores.count;
    if (queue < 0 || queue >= queues) {
      throw new Violation("SIM-001", `Cannot bind ${direction} queue ${queue}: the core has ${queues}`);
    }
    const old = table[core * queues + queue]!;
    const lane = this.#lane(core, color);
    const isBound = (direction === "in" ? motion.isBoundIn : motion.isBoundOut)[lane] === 1;
    if (isBound && old !== lane) {
      const actual = this.#image.fabric.laneColor[lane]!;
      throw new Violation(
        "SIM-008",
        `Cannot bind colour ${actual} to ${direction} queue ${queue}: it is bound to another`,
      );
    }
    if (old < 0) return true;
    this.#claims.checkLane(old, direction);
    if (direction === "in" && !motion.isClosed(old, core)) return false;
    return motion.isDrained(old, direction, core);
  }

  /** A `bind` or `open` takes effect before anything moves in this cycle. */
  #takeEffect(core: number): void {
    const motion = this.#motion;
    const step = this.#stepOf(core) as ConditionStep;
    const lane = this.#lane(core, step.color);
    this.#hasEffect[core] = 0;
    this.#pc[core]!++;
    if (step.op === "open") {
      motion.paths?.opened(core, lane, motion.now);
      motion.open(lane, step.rules);
      return;
    }
    const table = step.direction === "in" ? this.#inputs : this.#outputs;
    const slot = core * (table.length / this.#image.cores.count) + step.queue;
    const old = table[slot]!;
    table[slot] = lane;
    if (step.direction === "in") {
      if (old >= 0) motion.setBoundIn(old, false);
      motion.paths?.bound(core, motion.queueOf(lane, PORT.core));
      motion.setBoundIn(lane, true);
    } else {
      if (old >= 0) motion.isBoundOut[old] = 0;
      motion.isBoundOut[lane] = 1;
    }
  }

  #poll(): void {
    this.#stepsToPoll = STEPS_BETWEEN_POLLS;
    if (this.#shouldStop?.()) throw new RunStopped(this.#motion.now);
  }

  #context(core: number): CoreContext {
    this.#at.frameBase = this.#image.cores.frameBase[core]!;
    this.#at.memoryBase = this.#image.cores.memoryBase[core]!;
    return this.#at;
  }

  #stepOf(core: number): Step {
    return this.#image.codes[this.#image.cores.codeOf[core]!]!.steps[this.#pc[core]!]!;
  }

  #row(core: number): number {
    return this.#accounts.rowBase[core]! + this.#accounts.rowOfStep[this.#image.cores.codeOf[core]!]![this.#pc[core]!]!;
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

  #fault(violation: Violation, core: number): ProgramFault {
    const kernel = this.#image.program.kernels[this.#stepOf(core).kernel]?.name;
    return new ProgramFault(violation.code, violation.message, {
      core: coreCoord(this.#image, core),
      instruction: stepName(this.#image, core, this.#pc[core]!),
      ...(kernel === undefined ? {} : { kernel }),
    });
  }

  /** Threads that have something left to do, with what they wait for. For the end of a run in which nothing can move. */
  blockedThreads(): BlockedThread[] {
    const blocked: BlockedThread[] = [];
    const { firstUnit } = this.#motion;
    for (let core = 0; core < this.#image.cores.count; core++) {
      if (this.#waitsFor[core]! > 0) {
        const reason = `microthread ${this.#waitsFor[core]! - 1} is not done`;
        blocked.push({ ...this.#placeOf(core, 0, this.#pc[core]!), cause: "wait", reason });
      }
      if (this.#blockedSince[core]! >= 0) blocked.push(this.#describeBlocked(core));
      for (let unit = 0; unit < firstUnit[core + 1]! - firstUnit[core]!; unit++) {
        const moving = this.#motion.moving(core, unit);
        if (moving) blocked.push(this.#describeMoving(core, unit, moving));
      }
    }
    return blocked;
  }

  #placeOf(core: number, unit: number, pc: number): Pick<BlockedThread, "core" | "thread" | "instruction" | "kernel"> {
    const step = this.#image.codes[this.#image.cores.codeOf[core]!]!.steps[pc]!;
    return {
      core: coreCoord(this.#image, core),
      thread: unit === 0 ? "main" : unit - 1,
      instruction: stepName(this.#image, core, pc),
      kernel: this.#image.program.kernels[step.kernel]?.name ?? "",
    };
  }

  #describeMoving(core: number, unit: number, { pc, left, lacksInput, lane }: MovingOperation): BlockedThread {
    return {
      ...this.#placeOf(core, unit, pc),
      cause: lacksInput ? "recv" : "send",
      color: this.#image.fabric.laneColor[lane]!,
      direction: lacksInput ? "in" : "out",
      reason: `${lacksInput ? "no wavelet comes" : "the output queue is full"}, ${left} still to move`,
    };
  }

  #describeBlocked(core: number): BlockedThread {
    const place = this.#placeOf(core, 0, this.#pc[core]!);
    const step = this.#stepOf(core) as ConditionStep;
    const { laneColor } = this.#image.fabric;
    if (step.op === "open") {
      const color = laneColor[this.#lane(core, step.color)]!;
      return { ...place, cause: "open", color, reason: "the router has the colour open" };
    }
    const old = this.#boundLane(core, step);
    const reason =
      step.direction === "in"
        ? "the queue's old colour is open or its queue not empty"
        : "the old colour's queue is not empty";
    return { ...place, cause: "bind", color: laneColor[old]!, direction: step.direction, reason };
  }
}
