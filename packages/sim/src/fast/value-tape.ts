// The value tape of a code: what its instructions do to memory and streams. Binding, opening, closing and advancing are left
// out: they decide when and where wavelets go, which `traceDeliveries` has already found.
import type { ElementType, ForwardFn, Instruction, ReduceFn, View } from "@waferc/ir/program";
import { isLocal, waveletsOf } from "@waferc/ir/program";
import { Violation } from "../fault.ts";
import type { Access } from "../image/claims.ts";
import type { CompiledCode, Step } from "../image/code.ts";
import { repeated } from "../image/operands.ts";
import { halfFormatOf, type HalfFormat } from "../kernels/half.ts";
import { type CompiledView, repeatsElement } from "../image/view.ts";
import { CellBuilder, type Cells, evaluateOperand, type Operand } from "./cells.ts";
import { LocalRecord, type LocalTools } from "./local.ts";
import { type CoreContext, ViewSlot } from "./view-slot.ts";

export type ValueOp =
  "local" | "send" | "recv" | "reduce" | "drop" | "relay" | "store" | "combine" | "wait" | "loop" | "next" | "end";

/** Cells that the engine fills for each formal colour: numbers of its sink and its source. */
export const STREAM_CELLS = 2;
export const SINK_CELL = 0;
export const SOURCE_CELL = 1;

/** One instruction. All fields exist in every record, so that the interpreter sees one shape of object. */
export class ValueRecord {
  readonly op: ValueOp;
  /** Step of the compiled code, for messages. */
  readonly step: number;
  readonly local: LocalRecord | undefined;
  /** Microthread; -1 for the main thread. `wait`: the one waited for. */
  thread = -1;
  /** Cells of the sink and the source; -1 for none. */
  sinkCell = -1;
  sourceCell = -1;
  view: ViewSlot | undefined;
  access: Access = "read";
  type: ElementType = "f32";
  /** Where the view has a 16-bit type: its format. */
  half: HalfFormat | undefined;
  fn: ReduceFn = "add";
  /** Wavelets of an instruction without a view; iterations of a loop. */
  count: Operand = 0;
  slot = 0;
  limitSlot = 0;
  /** `loop`: record after it; `next`: first record of the body. */
  target = 0;

  constructor(op: ValueOp, step: number, local?: LocalRecord) {
    this.op = op;
    this.step = step;
    this.local = local;
  }

  /** Binds the view and gives the number of wavelets. Throws `Violation` SIM-003, SIM-004, SIM-006. */
  bind(at: CoreContext): number {
    const { view } = this;
    if (view === undefined) return evaluateOperand(this.count, at.cells, at.rows, at.row, at.frames, at.frame);
    view.bind(at);
    if (at.isChecking && this.access === "write" && repeatsElement(view.resolved)) throw repeated(view.view);
    return waveletsOf(this.type, view.resolved.total);
  }
}

export interface ValueTape {
  readonly records: readonly ValueRecord[];
  readonly cells: Cells;
}

/** What the instructions of all codes work on. */
export type ValueTools = Omit<LocalTools, "cells">;

export function buildValueTape(compiled: CompiledCode, tools: ValueTools): ValueTape {
  return new TapeBuilder(compiled, tools).build();
}

type FabricInstruction = Extract<Instruction, { op: "send" | "recv" | "recv_reduce" | "drop" | "forward" }>;

class TapeBuilder {
  readonly #compiled: CompiledCode;
  readonly #tools: LocalTools;
  readonly #cells: CellBuilder;
  readonly #records: ValueRecord[] = [];
  #step = 0;

  constructor(compiled: CompiledCode, tools: ValueTools) {
    this.#compiled = compiled;
    const { params, colors } = compiled.code;
    this.#cells = new CellBuilder(compiled.scope, params, STREAM_CELLS * colors.length);
    this.#tools = { ...tools, cells: this.#cells };
  }

  build(): ValueTape {
    this.#addBody(this.#compiled.code.body);
    this.#records.push(new ValueRecord("end", this.#step));
    return { records: this.#records, cells: this.#cells.finish() };
  }

  #addBody(body: readonly Instruction[]): void {
    for (const instruction of body) {
      const step = this.#compiled.steps[this.#step]!;
      try {
        this.#addInstruction(instruction, step);
      } catch (error) {
        if (error instanceof Violation) error.message += ` (instruction ${this.#compiled.code.name}[${step.path}])`;
        throw error;
      }
    }
  }

  #addInstruction(instruction: Instruction, step: Step): void {
    if (instruction.op === "repeat") {
      this.#addRepeat(instruction, step);
    } else if (isLocal(instruction)) {
      this.#add(
        "local",
        new LocalRecord(step as ConstructorParameters<typeof LocalRecord>[0], instruction, this.#tools),
      );
    } else {
      switch (instruction.op) {
        case "send":
        case "recv":
        case "recv_reduce":
        case "drop":
        case "forward":
          this.#addFabric(instruction, step);
          return;
        case "wait":
          this.#add("wait").thread = instruction.thread;
          return;
        case "bind":
        case "advance":
        case "close":
        case "open":
          this.#step++;
          return;
        default:
          instruction satisfies never;
      }
    }
  }

  #addRepeat(repeat: Extract<Instruction, { op: "repeat" }>, step: Step): void {
    if (step.op !== "loop") throw new RangeError("steps of a compiled code follow its instructions");
    const loop = this.#add("loop");
    const start = this.#records.length;
    loop.count = this.#cells.operand(repeat.count);
    this.#cells.enterLoop(repeat.variable, step.slot);
    this.#addBody(repeat.body);
    this.#cells.leaveLoop(repeat.variable);
    const next = this.#add("next");
    next.target = start;
    loop.target = this.#records.length;
    for (const record of [loop, next]) {
      record.slot = step.slot;
      record.limitSlot = step.limitSlot;
    }
  }

  #addFabric(instruction: FabricInstruction, step: Step): void {
    const record = this.#add(fabricOp(instruction));
    record.thread = instruction.thread ?? -1;
    if (instruction.op === "forward") {
      record.sinkCell = STREAM_CELLS * instruction.from + SINK_CELL;
      record.sourceCell = STREAM_CELLS * instruction.to + SOURCE_CELL;
    } else if (instruction.op === "send") {
      record.sourceCell = STREAM_CELLS * instruction.color + SOURCE_CELL;
    } else {
      record.sinkCell = STREAM_CELLS * instruction.color + SINK_CELL;
    }
    record.fn = reduceFn(instruction);
    const [source, view] = [viewOf(instruction), compiledViewOf(step)];
    if (source && view) {
      record.view = new ViewSlot(view, source, this.#cells);
      record.type = view.type;
      record.half = halfFormatOf(view.type);
      record.access = record.op === "recv" || record.op === "reduce" || record.op === "store" ? "write" : "read";
    } else if ((instruction.op === "drop" || instruction.op === "forward") && instruction.count) {
      record.count = this.#cells.operand(instruction.count);
    }
  }

  #add(op: ValueOp, local?: LocalRecord): ValueRecord {
    const record = new ValueRecord(op, this.#step++, local);
    this.#records.push(record);
    return record;
  }
}

function fabricOp(instruction: FabricInstruction): ValueOp {
  switch (instruction.op) {
    case "send":
    case "recv":
    case "drop":
      return instruction.op;
    case "recv_reduce":
      return "reduce";
    case "forward":
      return forwardOp(instruction.fn);
    default:
      return instruction satisfies never;
  }
}

function forwardOp(fn: ForwardFn): ValueOp {
  if (fn === "pass") return "relay";
  return fn === "store" ? "store" : "combine";
}

function reduceFn(instruction: FabricInstruction): ReduceFn {
  if (instruction.op === "recv_reduce") return instruction.fn;
  if (instruction.op !== "forward" || instruction.fn === "pass" || instruction.fn === "store") return "add";
  return instruction.fn;
}

function viewOf(instruction: FabricInstruction): View | undefined {
  switch (instruction.op) {
    case "send":
      return instruction.src;
    case "recv":
    case "recv_reduce":
      return instruction.dst;
    case "forward":
      return instruction.fn === "pass" ? undefined : instruction.view;
    case "drop":
      return undefined;
    default:
      return instruction satisfies never;
  }
}

function compiledViewOf(step: Step): CompiledView | undefined {
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
