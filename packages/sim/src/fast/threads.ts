// Main threads of cores in a timing run: each walks its code's timing tape, adding cycles as docs/program.md section 7.2 says,
// until it has to wait for a fabric operation, a microthread, a lane that must close or a queue that must drain. Also keeps the
// account of every cycle by kernel and stall (section 7.5).
import { ProgramFault, Violation } from "../fault.ts";
import { coreCoord, stepName } from "../image.ts";
import type { Agenda } from "./agenda.ts";
import { type Cells, evaluateOperand, type Operand } from "./cells.ts";
import type { Lanes } from "./lanes.ts";
import * as network from "./network.ts";
import type { Network } from "./network.ts";
import type { Operations } from "./operations.ts";
import { PATH_MOVE, PATH_RUN, type PathTree } from "../path-tree.ts";
import { buildRows, type CoreRows } from "./rows.ts";
import * as tape from "./timing-tape.ts";
import type { TimingTape } from "./timing-tape.ts";

// Bound once: an imported name may cost a call where modules are not bundled.
const { Q_PUSHED, Q_POPPED, Q_MASK, Q_FULL, Q_BOUND, Q_BOUND_PATH, Q_BUSY, Q_QUEUE, Q_RING, NEVER } = network;
const { O_KIND, O_LEFT, O_IN, O_OUT, O_NEXT, O_RECV_STALL, O_SEND_STALL, O_WAVELET, O_HELD, O_STEP, O_PATH, O_TOTAL } =
  network;
const { O_WORDS, O_RECEIVE, O_SEND, O_FORWARD, L_IS_OPEN, L_CLOSED, L_CLOSE_WAITER, L_PATH } = network;
const { C_PC, C_TIME, C_CODE, C_STATE, C_OPERATIONS, C_CORE, C_BOUND, C_PATH, C_KERNEL } = network;
const { RUNNING, IN_OPERATION, IN_WAIT, IN_BIND, IN_OPEN, ENDED } = network;
const { T_LOCAL, T_LOCAL_DYNAMIC, T_MATMUL_DYNAMIC, T_SEND, T_RECV, T_FORWARD, T_WAIT, T_BIND_IN } = tape;
const { T_BIND_OUT, T_CONTROL, T_OPEN, T_LOOP, T_NEXT, T_END, RECORD_WORDS } = tape;
const { localCycles, matmulCycles, rowsCycles, T_ROWS_DYNAMIC } = tape;

/** Times stay well below 2^31 so that sums of latencies cannot overflow. */
const LAST_CYCLE = 2 ** 30;

/** Main-thread cycles of every core, in core order. */
export interface Account {
  /** First entry of core k in `busy`; its entries follow the order of `kernelsOf` its code. */
  readonly busyOf: Int32Array;
  readonly busy: Float64Array;
  readonly recv: Float64Array;
  readonly send: Float64Array;
  readonly wait: Float64Array;
  readonly control: Float64Array;
  /** Cycle in which the main thread ended. */
  readonly end: Float64Array;
}

export interface ThreadsOptions {
  readonly net: Network;
  readonly agenda: Agenda;
  readonly lanes: Lanes;
  readonly operations: Operations;
  readonly tree: PathTree | undefined;
  readonly tapes: readonly TimingTape[];
}

export class Threads {
  readonly account: Account;
  /** Cores whose main thread has ended. */
  ended = 0;
  readonly #net: Network;
  readonly #words: Int32Array;
  readonly #agenda: Agenda;
  readonly #lanes: Lanes;
  readonly #operations: Operations;
  readonly #tree: PathTree | undefined;
  readonly #tapes: readonly TimingTape[];
  readonly #rows: CoreRows;
  /** The core whose thread runs: its number, tape, row, frame and first entry of `account.busy`. */
  readonly #at = {
    k: 0,
    code: new Int32Array(0) as Int32Array,
    cells: { reserved: 0, cells: [], pool: new Int32Array(0), closures: [] } as Cells,
    row: 0,
    frame: 0,
    busy: 0,
  };

  constructor({ net, agenda, lanes, operations, tree, tapes }: ThreadsOptions) {
    this.#net = net;
    this.#words = net.words;
    this.#agenda = agenda;
    this.#lanes = lanes;
    this.#operations = operations;
    this.#tree = tree;
    this.#tapes = tapes;
    this.#rows = buildRows(
      net.image,
      tapes.map(({ cells }) => cells),
      (core, row, rows) => this.#reserve(core, row, rows),
    );
    this.account = this.#openAccount();
  }

  start(): void {
    this.#net.cores.forEach((core, k) => {
      if (this.#tree) this.#words[core + C_PATH] = this.#tree.add(-1, 0, k, PATH_RUN, 0);
      this.#agenda.add(core);
    });
  }

  /** Step of the code at which a core's main thread is. */
  stepOf(core: number): number {
    const words = this.#words;
    return this.#tapes[words[core + C_CODE]!]!.words[words[core + C_PC]! + 2]!;
  }

  #openAccount(): Account {
    const { cores } = this.#net.image;
    const busyOf = new Int32Array(cores.count);
    let entries = 0;
    for (let k = 0; k < cores.count; k++) {
      busyOf[k] = entries;
      entries += this.#tapes[cores.codeOf[k]!]!.kernels.length;
    }
    const perCore = () => new Float64Array(cores.count);
    return {
      busyOf,
      busy: new Float64Array(entries),
      recv: perCore(),
      send: perCore(),
      wait: perCore(),
      control: perCore(),
      end: perCore(),
    };
  }

  /** Records of queues and lane for each formal colour. */
  #reserve(core: number, row: number, rows: Int32Array): void {
    const { image, queues, lanes } = this.#net;
    const { cores, codes, coreLanes, coreLaneBase, fabric } = image;
    codes[cores.codeOf[core]!]!.colorUses.forEach((_, color) => {
      const lane = coreLanes[coreLaneBase[core]! + color]!;
      if (lane < 0) return;
      const [into, out] = [fabric.laneQueues[lane * 6 + 5]!, fabric.laneQueues[lane * 6 + 4]!];
      const cell = row + color * tape.COLOR_CELLS;
      rows[cell + tape.IN_QUEUE_CELL] = into < 0 ? 0 : queues[into]!;
      rows[cell + tape.OUT_QUEUE_CELL] = out < 0 ? 0 : queues[out]!;
      rows[cell + tape.NODE_CELL] = lanes[lane]!;
    });
  }

  /** Runs a main thread until it has to wait. */
  run(core: number): void {
    try {
      this.#run(core);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const { image } = this.#net;
      const k = this.#words[core + C_CORE]!;
      const { kernel } = image.codes[image.cores.codeOf[k]!]!.steps[this.stepOf(core)]!;
      throw new ProgramFault(error.code, error.message, {
        core: coreCoord(image, k),
        instruction: stepName(image, k, this.stepOf(core)),
        kernel: image.program.kernels[kernel]?.name ?? `${kernel}`,
      });
    }
  }

  #run(core: number): void {
    const words = this.#words;
    if (words[core + C_STATE] === ENDED) return;
    const k = words[core + C_CORE]!;
    const at = this.#at;
    const { words: code, cells } = this.#tapes[words[core + C_CODE]!]!;
    at.k = k;
    at.code = code;
    at.cells = cells;
    at.row = this.#rows.rowOf[k]!;
    at.frame = this.#net.image.cores.frameBase[k]!;
    at.busy = this.account.busyOf[k]!;
    if (words[core + C_STATE] === IN_OPERATION && !this.#finishOperation(core)) return;
    words[core + C_STATE] = RUNNING;
    while (this.#step(core));
  }

  /** Executes the record at which the thread is; false if it has to wait or has ended. */
  #step(core: number): boolean {
    const words = this.#words;
    const { code, row, frame } = this.#at;
    const { rows, frames } = this.#rows;
    const { controlCycles, loopCycles } = this.#net.image.machine.core;
    const pc = words[core + C_PC]!;
    if (this.#tree !== undefined) this.#note(core, code[pc + 1]!, code[pc + 2]!);
    switch (code[pc]) {
      case T_LOCAL:
        return this.#spend(core, rows[row + code[pc + 3]!]!);
      case T_LOCAL_DYNAMIC:
        return this.#spend(core, localCycles(this.#value(code[pc + 3]!), code[pc + 4]!, this.#net.image.machine.core));
      case T_MATMUL_DYNAMIC:
        return this.#spend(core, this.#productCycles(matmulCycles, pc));
      case T_ROWS_DYNAMIC:
        return this.#spend(core, this.#productCycles(rowsCycles, pc));
      case T_SEND:
        return this.#fabric(core, 0, rows[row + code[pc + 4]!]!);
      case T_RECV:
        return this.#fabric(core, rows[row + code[pc + 4]!]!, 0);
      case T_FORWARD:
        return this.#fabric(core, rows[row + code[pc + 4]!]!, rows[row + code[pc + 6]!]!);
      case T_CONTROL: {
        const operation = this.#issue(core, -1, 0, rows[row + code[pc + 4]!]!, 1);
        words[operation + O_WAVELET] = code[pc + 3]!;
        words[operation + O_NEXT] = words[core + C_TIME]! + controlCycles;
        return this.#operate(core, operation);
      }
      case T_WAIT: {
        const ready = this.#wait(core, code[pc + 3]!, words[core + C_TIME]! + controlCycles);
        return ready >= 0 && this.#resume(core, ready, this.account.wait);
      }
      case T_BIND_IN:
      case T_BIND_OUT:
      case T_OPEN: {
        const ready = this.#control(core, pc, controlCycles);
        return ready >= 0 && this.#resume(core, ready, this.account.control);
      }
      case T_LOOP: {
        const count = this.#value(code[pc + 3]!);
        if (count <= 0) {
          words[core + C_PC] = code[pc + 6]!;
          return true;
        }
        frames[frame + code[pc + 4]!] = 0;
        frames[frame + code[pc + 5]!] = count;
        return this.#spend(core, loopCycles);
      }
      case T_NEXT: {
        const next = frames[frame + code[pc + 4]!]! + 1;
        if (next >= frames[frame + code[pc + 5]!]!) return this.#spend(core, 0);
        frames[frame + code[pc + 4]!] = next;
        this.#spend(core, loopCycles);
        words[core + C_PC] = code[pc + 6]!;
        return true;
      }
      case T_END:
        words[core + C_STATE] = ENDED;
        this.account.end[this.#at.k] = words[core + C_TIME]!;
        this.ended++;
        return false;
      default:
        throw new RangeError(`record ${code[pc]} of a timing tape`);
    }
  }

  #value(operand: Operand): number {
    const { cells, row, frame } = this.#at;
    return evaluateOperand(operand, cells, this.#rows.rows, row, this.#rows.frames, frame);
  }

  #productCycles(cycles: typeof matmulCycles, pc: number): number {
    const { code } = this.#at;
    const [m, k, n] = [this.#value(code[pc + 3]!), this.#value(code[pc + 4]!), this.#value(code[pc + 5]!)];
    return cycles(m, k, n, code[pc + 6]!, this.#net.image.machine.core);
  }

  /** Busy cycles of the record at which the thread is; goes on to the next. */
  #spend(core: number, cycles: number): true {
    const words = this.#words;
    const { code, busy } = this.#at;
    const pc = words[core + C_PC]!;
    const time = words[core + C_TIME]! + cycles;
    if (time > LAST_CYCLE) throw new Violation("SIM-016", `Cannot count beyond cycle ${LAST_CYCLE}`);
    this.account.busy[busy + code[pc + 1]!]! += cycles;
    words[core + C_TIME] = time;
    words[core + C_PC] = pc + RECORD_WORDS;
    return true;
  }

  /** Goes on at cycle `ready`: the last `controlCycles` are busy, what is before them is a stall. */
  #resume(core: number, ready: number, stalls: Float64Array): true {
    const words = this.#words;
    const { controlCycles } = this.#net.image.machine.core;
    const stall = ready - words[core + C_TIME]! - controlCycles;
    stalls[this.#at.k]! += stall;
    words[core + C_TIME]! += stall;
    return this.#spend(core, controlCycles);
  }

  /** `send`, receives and `forward`. */
  #fabric(core: number, into: number, out: number): boolean {
    const words = this.#words;
    const { code } = this.#at;
    const { controlCycles, fabricStartCycles } = this.#net.image.machine.core;
    const pc = words[core + C_PC]!;
    const count = this.#value(code[pc + 3]!);
    if (count <= 0) return this.#spend(core, controlCycles);
    const thread = code[pc + 5]!;
    const operation = this.#issue(core, thread, into, out, count);
    words[operation + O_NEXT] = words[core + C_TIME]! + fabricStartCycles;
    if (thread < 0) return this.#operate(core, operation);
    this.#spend(core, fabricStartCycles);
    this.#operations.advance(operation);
    return true;
  }

  /** Starts the main thread's own operation; false if the thread has to wait for its end. */
  #operate(core: number, operation: number): boolean {
    if (this.#operations.advance(operation)) return this.#finishOperation(core);
    this.#words[core + C_STATE] = IN_OPERATION;
    return false;
  }

  /** Keeps the path of the main thread: a new stretch begins where the kernel changes or something else held it up. */
  #note(core: number, kernel: number, step: number): void {
    const words = this.#words;
    if (words[core + C_KERNEL] === kernel) return;
    words[core + C_KERNEL] = kernel;
    const [path, time] = [words[core + C_PATH]!, words[core + C_TIME]!];
    words[core + C_PATH] = this.#tree!.add(path, time, words[core + C_CORE]!, PATH_RUN, step);
  }

  #follow(core: number, path: number): void {
    this.#words[core + C_PATH] = path;
    this.#words[core + C_KERNEL] = -1;
  }

  /** Prepares the operation of an instruction of at least one wavelet; the caller says from when it may move. */
  #issue(core: number, thread: number, into: number, out: number, count: number): number {
    const words = this.#words;
    const { microthreads } = this.#net.image.machine.core;
    if (thread >= microthreads) {
      throw new Violation("SIM-001", `Cannot use microthread ${thread}: the core has ${microthreads}`);
    }
    const operation = words[core + C_OPERATIONS]! + (thread + 1) * O_WORDS;
    if (words[operation + O_HELD] !== 0) {
      throw new Violation("SIM-009", `Cannot issue on microthread ${thread}: its last operation has no wait yet`);
    }
    if (into !== 0) this.#checkQueue(into, "in");
    if (out !== 0) this.#checkQueue(out, "out");
    words[operation + O_KIND] = into === 0 ? O_SEND : out === 0 ? O_RECEIVE : O_FORWARD;
    words[operation + O_LEFT] = count;
    words[operation + O_TOTAL] = count;
    words[operation + O_IN] = into;
    words[operation + O_OUT] = out;
    words[operation + O_RECV_STALL] = 0;
    words[operation + O_SEND_STALL] = 0;
    words[operation + O_WAVELET] = tape.DATA;
    words[operation + O_STEP] = this.stepOf(core);
    if (thread >= 0) {
      words[operation + O_HELD] = 1;
      if (into !== 0) words[into + Q_BUSY] = operation;
      if (out !== 0) words[out + Q_BUSY] = operation;
    }
    if (this.#tree) {
      const [k, time, step] = [words[core + C_CORE]!, words[core + C_TIME]!, words[operation + O_STEP]!];
      words[operation + O_PATH] = this.#tree.add(words[core + C_PATH]!, time, k, PATH_MOVE, step);
    }
    return operation;
  }

  #checkQueue(queue: number, direction: "in" | "out"): void {
    if (this.#words[queue + Q_BOUND] === NEVER) {
      const color = this.#colorOf(queue);
      throw new Violation(
        "SIM-007",
        `Cannot use colour ${color} ${direction}: no ${direction}put queue of the core is bound to it`,
      );
    }
    this.#checkBusy(queue, direction);
  }

  #checkBusy(queue: number, direction: "in" | "out"): void {
    if (this.#words[queue + Q_BUSY] === 0) return;
    const color = this.#colorOf(queue);
    throw new Violation(
      "SIM-010",
      `Cannot use colour ${color} ${direction}: an asynchronous operation on it has no wait yet`,
    );
  }

  /** Goes on after the main thread's own fabric operation; false if that has not finished. */
  #finishOperation(core: number): boolean {
    const words = this.#words;
    const operation = words[core + C_OPERATIONS]!;
    if (words[operation + O_LEFT] !== 0) return false;
    const k = words[core + C_CORE]!;
    const { account } = this;
    const recv = words[operation + O_RECV_STALL]!;
    const send = words[operation + O_SEND_STALL]!;
    const end = words[operation + O_NEXT]!;
    const pc = words[core + C_PC]!;
    const kernel = this.#tapes[words[core + C_CODE]!]!.words[pc + 1]!;
    account.recv[k]! += recv;
    account.send[k]! += send;
    account.busy[account.busyOf[k]! + kernel]! += end - words[core + C_TIME]! - recv - send;
    words[core + C_TIME] = end;
    words[core + C_PC] = pc + RECORD_WORDS;
    if (this.#tree) this.#follow(core, words[operation + O_PATH]!);
    return true;
  }

  /** Cycle of the next issue after `wait`, at least `earliest`; -1 if the operation has not finished. */
  #wait(core: number, thread: number, earliest: number): number {
    const words = this.#words;
    const operation = words[core + C_OPERATIONS]! + (thread + 1) * O_WORDS;
    if (words[operation + O_HELD] === 0) return earliest;
    if (words[operation + O_LEFT] !== 0) {
      words[core + C_STATE] = IN_WAIT;
      return -1;
    }
    words[operation + O_HELD] = 0;
    const [into, out] = [words[operation + O_IN]!, words[operation + O_OUT]!];
    if (into !== 0) words[into + Q_BUSY] = 0;
    if (out !== 0) words[out + Q_BUSY] = 0;
    const finished = words[operation + O_NEXT]!;
    if (finished <= earliest) return earliest;
    if (this.#tree) this.#follow(core, words[operation + O_PATH]!);
    return finished;
  }

  /** `bind` and `open`: does them and gives the cycle of the next issue, or says what to wait for and gives -1. */
  #control(core: number, pc: number, controlCycles: number): number {
    const words = this.#words;
    const { code, row } = this.#at;
    const time = words[core + C_TIME]!;
    const first = code[pc + 3]!;
    const target = this.#rows.rows[row + code[pc + 4]!]!;
    const op = code[pc];
    if (op === T_OPEN) {
      if (words[target + L_IS_OPEN] !== 0) return this.#block(core, IN_OPEN, target + L_CLOSE_WAITER);
      const ready = this.#delay(core, time, words[target + L_CLOSED]!, words[target + L_PATH]!) + controlCycles;
      this.#lanes.open(target, first, ready, words[core + C_PATH]!);
      return ready;
    }
    const direction = op === T_BIND_IN ? "in" : "out";
    const bound = this.#boundQueue(core, direction, first);
    const old = words[bound]!;
    let ready = time;
    if (old !== 0) {
      this.#checkBusy(old, direction);
      if (op === T_BIND_IN) {
        const lane = this.#laneOf(old);
        if (words[lane + L_IS_OPEN] !== 0) return this.#block(core, IN_BIND, lane + L_CLOSE_WAITER);
        ready = this.#delay(core, ready, words[lane + L_CLOSED]!, words[lane + L_PATH]!);
      }
      if (words[old + Q_PUSHED] !== words[old + Q_POPPED]) return this.#block(core, IN_BIND, old + Q_FULL);
      ready = this.#drained(core, ready, old);
    }
    if (target !== old && words[target + Q_BOUND] !== NEVER) {
      const message = `Cannot bind colour ${this.#colorOf(target)} to ${direction} queue ${first}: it is bound to another`;
      throw new Violation("SIM-008", message);
    }
    if (old !== 0) words[old + Q_BOUND] = NEVER;
    words[bound] = target;
    ready += controlCycles;
    words[target + Q_BOUND] = ready;
    words[target + Q_BOUND_PATH] = words[core + C_PATH]!;
    const lane = words[target + Q_FULL]!;
    words[target + Q_FULL] = 0;
    if (lane !== 0) this.#agenda.add(lane);
    return ready;
  }

  /** Where the queue's binding is kept. */
  #boundQueue(core: number, direction: "in" | "out", queue: number): number {
    const { inputQueues, outputQueues } = this.#net.image.machine.core;
    const queues = direction === "in" ? inputQueues : outputQueues;
    if (!(queue >= 0 && queue < queues)) {
      throw new Violation("SIM-001", `Cannot bind ${direction} queue ${queue}: the core has ${queues}`);
    }
    return this.#words[core + C_BOUND]! + queue + (direction === "in" ? 0 : inputQueues);
  }

  #colorOf(queue: number): number {
    const { fabric } = this.#net.image;
    return fabric.laneColor[fabric.queueLane[this.#words[queue + Q_QUEUE]!]!]!;
  }

  #laneOf(queue: number): number {
    const { image, lanes } = this.#net;
    return lanes[image.fabric.queueLane[this.#words[queue + Q_QUEUE]!]!]!;
  }

  /** The later of two cycles; if that is `other`, the core's path follows `path`. */
  #delay(core: number, time: number, other: number, path: number): number {
    if (other <= time) return time;
    if (this.#tree) this.#follow(core, path);
    return other;
  }

  /** First cycle from `time` on in which an empty queue is known to be empty. */
  #drained(core: number, time: number, queue: number): number {
    const words = this.#words;
    if (words[queue + Q_POPPED] === 0) return time;
    const length = words[queue + Q_MASK]! + 1;
    const last = queue + Q_RING + ((words[queue + Q_POPPED]! - 1) & (length - 1));
    return this.#delay(core, time, words[last]! + 1, this.#tree ? words[last + 2 * length]! : -1);
  }

  #block(core: number, state: number, waiter: number): number {
    this.#words[waiter] = core;
    this.#words[core + C_STATE] = state;
    return -1;
  }
}
