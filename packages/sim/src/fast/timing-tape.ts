// The timing tape of a code: one record per instruction with what decides when things happen, and nothing about values. Runs of
// local instructions of one kernel whose counts do not change in loops become one record with their summed cost.
import { costClassOf, costTypeOf, is16Bit, isLocal } from "@waferc/ir/program";
import type { Code, Expr, Instruction, LocalInstruction, View } from "@waferc/ir/program";
import { centicyclesOf, type CoreModel } from "@waferc/machine";
import type { CompiledCode } from "../image/code.ts";
import type { Evaluate } from "../image/expression.ts";
import { Violation } from "../fault.ts";
import { CellBuilder, type Cells, type Operand } from "./cells.ts";

/** Words of a record: operation, kernel (index in `kernels`), step, then operands A to E. */
export const RECORD_WORDS = 8;

/** A: cell with the cycles. */
export const T_LOCAL = 0;
/** A: size; B: centicycles per element. */
export const T_LOCAL_DYNAMIC = 1;
/** A: size; B: cell of the output queue; C: thread or -1. */
export const T_SEND = 2;
/** A: size; B: cell of the input queue; C: thread or -1. */
export const T_RECV = 3;
/** A: size; B: cell of the input queue; C: thread or -1; D: cell of the output queue. */
export const T_FORWARD = 4;
/** A: thread. */
export const T_WAIT = 5;
/** A: queue; B: cell of the colour's input queue; C: cell of its router node. */
export const T_BIND_IN = 6;
/** A: queue; B: cell of the colour's output queue. */
export const T_BIND_OUT = 7;
/** A: kind of control wavelet; B: cell of the output queue. */
export const T_CONTROL = 8;
/** A: rule list; B: cell of the router node. */
export const T_OPEN = 9;
/** A: count; B: slot of the variable; C: slot of the limit; D: record after the loop. */
export const T_LOOP = 10;
/** B: slot of the variable; C: slot of the limit; D: first record of the body. */
export const T_NEXT = 11;
export const T_END = 12;
/** A, B, C: m, k, n; D: centicycles per element. */
export const T_MATMUL_DYNAMIC = 13;
/** A: rows of the table (1 where they do not matter); B: rows that are moved; C: elements of a row; D: centicycles per element. */
export const T_ROWS_DYNAMIC = 14;

/** Kinds of wavelet. */
export const DATA = 0;
export const ADVANCE = 1;
export const CLOSE = 2;

/** Cells that the engine fills for each formal colour. */
export const COLOR_CELLS = 3;
export const IN_QUEUE_CELL = 0;
export const OUT_QUEUE_CELL = 1;
export const NODE_CELL = 2;

export interface TimingTape {
  readonly words: Int32Array;
  readonly cells: Cells;
  /** Kernels of the program that this code works for. */
  readonly kernels: readonly number[];
}

export function buildTimingTape(compiled: CompiledCode, core: CoreModel): TimingTape {
  return new TapeBuilder(compiled, core).build();
}

/** Cycles of a local instruction over `elements` elements (docs/program.md section 7.2). */
export function localCycles(elements: number, centicycles: number, core: CoreModel): number {
  if (elements <= 0) return core.controlCycles;
  return core.vectorStartCycles + Math.ceil((elements * centicycles) / 100);
}

export function matmulCycles(m: number, k: number, n: number, centicycles: number, core: CoreModel): number {
  if (m <= 0 || k <= 0 || n <= 0) return core.controlCycles;
  return k * Math.min(m, n) * core.vectorStartCycles + Math.ceil((m * k * n * centicycles) / 100);
}

/** `gather` and `scatter` of k rows of n elements, into a table of m rows or from any. */
export function rowsCycles(m: number, k: number, n: number, centicycles: number, core: CoreModel): number {
  if (m <= 0 || k <= 0 || n <= 0) return core.controlCycles;
  return k * core.vectorStartCycles + Math.ceil((k * n * centicycles) / 100);
}

class TapeBuilder {
  readonly #compiled: CompiledCode;
  readonly #code: Code;
  readonly #core: CoreModel;
  readonly #cells: CellBuilder;
  readonly #words: number[] = [];
  readonly #kernels = new Map<number, number>();
  #step = 0;
  /** Record of local instructions that the next one may join, and its costs; -1 if there is none. */
  #joinable = -1;
  #joined: Evaluate[] = [];

  constructor(compiled: CompiledCode, core: CoreModel) {
    this.#compiled = compiled;
    this.#code = compiled.code;
    this.#core = core;
    this.#cells = new CellBuilder(compiled.scope, compiled.code.params, COLOR_CELLS * compiled.code.colors.length);
  }

  build(): TimingTape {
    this.#addBody(this.#code.body);
    this.#add(T_END, 0, []);
    return {
      words: Int32Array.from(this.#words),
      cells: this.#cells.finish(),
      kernels: [...this.#kernels.keys()],
    };
  }

  #addBody(body: readonly Instruction[]): void {
    for (const instruction of body) {
      if (instruction.op === "repeat") this.#addRepeat(instruction);
      else if (isLocal(instruction)) this.#addLocal(instruction);
      else this.#addOther(instruction);
    }
  }

  #addRepeat(repeat: Extract<Instruction, { op: "repeat" }>): void {
    const step = this.#compiled.steps[this.#step];
    if (step?.op !== "loop") throw new RangeError("steps of a compiled code follow its instructions");
    const count = this.#cells.operand(repeat.count);
    const loop = this.#add(T_LOOP, repeat.kernel, [count, step.slot, step.limitSlot, 0]);
    this.#cells.enterLoop(repeat.variable, step.slot);
    this.#addBody(repeat.body);
    this.#cells.leaveLoop(repeat.variable);
    this.#add(T_NEXT, repeat.kernel, [0, step.slot, step.limitSlot, loop + RECORD_WORDS]);
    this.#words[loop + 6] = this.#words.length;
  }

  #addLocal(instruction: LocalInstruction): void {
    const { kernel } = instruction;
    const type = costTypeOf(instruction, this.#code);
    const centicycles = centicyclesOf(this.#core, costClassOf(instruction), type);
    if (instruction.op === "matmul") {
      const [m, k] = countsOf(instruction.a);
      const [, n] = countsOf(instruction.dst);
      if (!m || !k || !n) throw new Violation("SIM-005", "Cannot multiply views that do not have two dimensions");
      this.#addProduct(T_MATMUL_DYNAMIC, kernel, [m, k, n], centicycles);
      return;
    }
    if (instruction.op === "gather" || instruction.op === "scatter") {
      const isScatter = instruction.op === "scatter";
      const [k, n] = countsOf(isScatter ? instruction.src : instruction.dst);
      const [m] = isScatter ? countsOf(instruction.dst) : [{ kind: "const", value: 1 } as const];
      if (!m || !k || !n) throw new Violation("SIM-005", "Cannot move rows of views that do not have two dimensions");
      this.#addProduct(T_ROWS_DYNAMIC, kernel, [m, k, n], centicycles);
      return;
    }
    const size = this.#cells.product(countsOf(instruction.op === "reduce" ? instruction.src : instruction.dst));
    if (size < 0) {
      this.#add(T_LOCAL_DYNAMIC, kernel, [size, centicycles]);
      return;
    }
    const elements = this.#cells.evaluatorOf(size);
    this.#addFixed(kernel, (frames, base) => localCycles(elements(frames, base), centicycles, this.#core));
  }

  /** An instruction whose cycles are a function of three counts. */
  #addProduct(
    op: typeof T_MATMUL_DYNAMIC | typeof T_ROWS_DYNAMIC,
    kernel: number,
    counts: readonly Expr[],
    centicycles: number,
  ): void {
    const operands = counts.map((count) => this.#cells.operand(count));
    if (operands.some((operand) => operand < 0)) {
      this.#add(op, kernel, [...operands, centicycles]);
      return;
    }
    const cycles = op === T_MATMUL_DYNAMIC ? matmulCycles : rowsCycles;
    const [m, k, n] = operands.map((cell) => this.#cells.evaluatorOf(cell)) as [Evaluate, Evaluate, Evaluate];
    this.#addFixed(kernel, (frames, base) =>
      cycles(m(frames, base), k(frames, base), n(frames, base), centicycles, this.#core),
    );
  }

  /** A local instruction whose cycles are fixed on a core; joins the record before if that is one of the same kernel. */
  #addFixed(kernel: number, cost: Evaluate): void {
    if (this.#joinable >= 0 && this.#words[this.#joinable + 1] === this.#kernelIndex(kernel)) {
      this.#joined.push(cost);
      this.#step++;
      return;
    }
    const costs = [cost];
    const cell = this.#cells.addCell((frames, base) => costs.reduce((sum, each) => sum + each(frames, base), 0));
    this.#joinable = this.#add(T_LOCAL, kernel, [cell]);
    this.#joined = costs;
  }

  #addOther(instruction: Exclude<Instruction, LocalInstruction | { op: "repeat" }>): void {
    const { kernel } = instruction;
    const inQueue = (color: number) => COLOR_CELLS * color + IN_QUEUE_CELL;
    const outQueue = (color: number) => COLOR_CELLS * color + OUT_QUEUE_CELL;
    const node = (color: number) => COLOR_CELLS * color + NODE_CELL;
    const thread = "thread" in instruction && instruction.thread !== undefined ? instruction.thread : -1;
    switch (instruction.op) {
      case "send":
        this.#add(T_SEND, kernel, [this.#wavelets(instruction.src), outQueue(instruction.color), thread]);
        return;
      case "recv":
      case "recv_reduce":
        this.#add(T_RECV, kernel, [this.#wavelets(instruction.dst), inQueue(instruction.color), thread]);
        return;
      case "drop":
        this.#add(T_RECV, kernel, [this.#cells.product([instruction.count]), inQueue(instruction.color), thread]);
        return;
      case "forward": {
        const isPass = instruction.fn === "pass";
        const wavelets = isPass ? this.#cells.product([instruction.count!]) : this.#wavelets(instruction.view!);
        const [from, to] = [inQueue(instruction.from), outQueue(instruction.to)];
        this.#add(T_FORWARD, kernel, [wavelets, from, thread, to]);
        return;
      }
      case "wait":
        this.#add(T_WAIT, kernel, [instruction.thread]);
        return;
      case "bind": {
        const { queue, color } = instruction;
        if (instruction.direction === "in") this.#add(T_BIND_IN, kernel, [queue, inQueue(color), node(color)]);
        else this.#add(T_BIND_OUT, kernel, [queue, outQueue(color)]);
        return;
      }
      case "advance":
        this.#add(T_CONTROL, kernel, [ADVANCE, outQueue(instruction.color)]);
        return;
      case "close":
        this.#add(T_CONTROL, kernel, [CLOSE, outQueue(instruction.color)]);
        return;
      case "open": {
        const step = this.#compiled.steps[this.#step];
        if (step?.op !== "open") throw new RangeError("steps of a compiled code follow its instructions");
        this.#add(T_OPEN, kernel, [step.rules, node(instruction.color)]);
        return;
      }
      default:
        instruction satisfies never;
    }
  }

  /** Wavelets that a view moves as. */
  #wavelets(view: View): Operand {
    const elements = this.#cells.product(countsOf(view));
    return is16Bit(this.#code.buffers[view.buffer]!.type) ? this.#cells.halved(elements) : elements;
  }

  #kernelIndex(kernel: number): number {
    let index = this.#kernels.get(kernel);
    if (index === undefined) this.#kernels.set(kernel, (index = this.#kernels.size));
    return index;
  }

  #add(op: number, kernel: number, operands: readonly number[]): number {
    this.#joinable = -1;
    const at = this.#words.length;
    const record = new Array<number>(RECORD_WORDS).fill(0);
    record[0] = op;
    record[1] = op === T_END ? 0 : this.#kernelIndex(kernel);
    record[2] = this.#step++;
    operands.forEach((operand, i) => (record[3 + i] = operand));
    this.#words.push(...record);
    return at;
  }
}

function countsOf(view: View): readonly Expr[] {
  return view.dims.map((dim) => dim.count);
}
