// A code compiled for execution: a flat list of instructions in which loops are jumps, with expressions as closures and views
// resolved to words of the core's memory. Compiled once per code, shared by all its cores; holds no state of a run.
import type { CostClass, CostType } from "@waferc/machine";
import {
  costClassOf,
  costTypeOf,
  dataBytes,
  isLocal,
  type BinaryFn,
  type Code,
  type ControlInstruction,
  type CompareFn,
  type ElementType,
  type FabricInstruction,
  type ForwardFn,
  type Instruction,
  type LocalInstruction,
  type ReduceFn,
  type RepeatInstruction,
  type Rule,
  type Source,
  type UnaryFn,
} from "@waferc/ir/program";
import { ProgramFault, Violation } from "../fault.ts";
import { compileExpr, type Evaluate, FIRST_PARAM_SLOT, type Scope, X_SLOT, Y_SLOT } from "./expression.ts";
import { roundTo } from "./round.ts";
import { compileView, type CompiledView } from "./view.ts";

/** A source operand; `value` of a literal is already rounded to the operation's type. */
export type CompiledSource =
  | { readonly kind: "view"; readonly view: CompiledView }
  | { readonly kind: "literal"; readonly value: number }
  | { readonly kind: "index"; readonly evaluate: Evaluate };

interface Placed {
  readonly kernel: number;
  /** Position in the source, such as `3.0`: item 0 of the body of item 3. */
  readonly path: string;
}

/** What selects the cycles per element. */
interface Costed extends Placed {
  readonly cost: CostClass;
  readonly costType: CostType;
}

interface Rows {
  readonly dst: CompiledView;
  readonly src: CompiledView;
  readonly index: CompiledView;
  readonly base: Evaluate;
}

export type LocalStep = Costed &
  (
    | { readonly op: "fill"; readonly dst: CompiledView; readonly value: number }
    | { readonly op: "iota"; readonly dst: CompiledView; readonly start: Evaluate; readonly step: number }
    | { readonly op: "copy"; readonly dst: CompiledView; readonly src: CompiledView }
    | { readonly op: "cast"; readonly dst: CompiledView; readonly src: CompiledView }
    | { readonly op: "unary"; readonly fn: UnaryFn; readonly dst: CompiledView; readonly src: CompiledSource }
    | {
        readonly op: "binary";
        readonly fn: BinaryFn;
        readonly dst: CompiledView;
        readonly a: CompiledSource;
        readonly b: CompiledSource;
      }
    | {
        readonly op: "compare";
        readonly fn: CompareFn;
        readonly dst: CompiledView;
        /** Type of the values compared. */
        readonly type: ElementType;
        readonly a: CompiledSource;
        readonly b: CompiledSource;
      }
    | {
        readonly op: "select";
        readonly dst: CompiledView;
        readonly cond: CompiledView;
        readonly a: CompiledSource;
        readonly b: CompiledSource;
      }
    | { readonly op: "reduce"; readonly fn: ReduceFn; readonly dst: CompiledView; readonly src: CompiledView }
    | {
        readonly op: "matmul";
        readonly dst: CompiledView;
        readonly a: CompiledView;
        readonly b: CompiledView;
        readonly fused: boolean;
      }
    | ({ readonly op: "gather" } & Rows)
    | ({ readonly op: "scatter" } & Rows)
  );

/** `thread` is the microthread, or -1 for the main thread. Colours are indices of the code's formal colours. */
export type FabricStep = Placed & { readonly thread: number } & (
    | { readonly op: "send"; readonly color: number; readonly src: CompiledView }
    | { readonly op: "recv"; readonly color: number; readonly dst: CompiledView }
    | { readonly op: "recv_reduce"; readonly fn: ReduceFn; readonly color: number; readonly dst: CompiledView }
    | { readonly op: "drop"; readonly color: number; readonly count: Evaluate }
    | {
        readonly op: "forward";
        readonly fn: "pass";
        readonly from: number;
        readonly to: number;
        readonly count: Evaluate;
      }
    | {
        readonly op: "forward";
        readonly fn: Exclude<ForwardFn, "pass">;
        readonly from: number;
        readonly to: number;
        readonly view: CompiledView;
      }
  );

export type ControlStep = Placed &
  (
    | { readonly op: "wait"; readonly thread: number }
    | { readonly op: "bind"; readonly direction: "in" | "out"; readonly queue: number; readonly color: number }
    | { readonly op: "advance"; readonly color: number }
    | { readonly op: "close"; readonly color: number }
    /** `rules` is an index into `Fabric.ruleLists`. */
    | { readonly op: "open"; readonly color: number; readonly rules: number }
    /** Enters a loop: limit = count; if it is 0 or less go to `exit`, else variable = 0 and the next step. */
    | {
        readonly op: "loop";
        readonly slot: number;
        readonly limitSlot: number;
        readonly count: Evaluate;
        readonly exit: number;
      }
    /** Ends an iteration: variable += 1; if it is below the limit go to `start`, else the next step. */
    | { readonly op: "next"; readonly slot: number; readonly limitSlot: number; readonly start: number }
    | { readonly op: "end" }
  );

export type Step = LocalStep | FabricStep | ControlStep;

/** How a code uses one of its formal colours. */
export interface ColorUse {
  readonly receives: boolean;
  readonly emits: boolean;
  /** Rule lists (`Fabric.ruleLists`) that the code may open. */
  readonly opens: readonly number[];
}

export interface CompiledCode {
  readonly code: Code;
  readonly steps: readonly Step[];
  /** Words of a frame: x, y, parameters, two for each loop. */
  readonly frameWords: number;
  /** Words of memory from address 0 to the end of the highest buffer. */
  readonly memoryWords: number;
  /** One more than the highest microthread used. */
  readonly threads: number;
  readonly colorUses: readonly ColorUse[];
  readonly scope: Scope;
}

/** Gives the index of a rule list in the image, adding it where it is new. */
export type RuleListIndex = (rules: readonly Rule[]) => number;

export function compileCode(code: Code, steps: ReadonlyMap<string, number>, ruleList: RuleListIndex): CompiledCode {
  return new CodeCompiler(code, steps, ruleList).compile();
}

class CodeCompiler {
  readonly #code: Code;
  readonly #ruleList: RuleListIndex;
  readonly #slots: Map<string, number>;
  readonly #scope: Scope;
  readonly #out: Step[] = [];
  readonly #uses: { receives: boolean; emits: boolean; opens: number[] }[];
  #frameWords: number;
  #threads = 0;

  constructor(code: Code, steps: ReadonlyMap<string, number>, ruleList: RuleListIndex) {
    this.#code = code;
    this.#ruleList = ruleList;
    this.#slots = new Map([
      ["x", X_SLOT],
      ["y", Y_SLOT],
      ...code.params.map((name, i) => [name, FIRST_PARAM_SLOT + i] as const),
    ]);
    this.#scope = { slots: this.#slots, steps };
    this.#frameWords = FIRST_PARAM_SLOT + code.params.length;
    this.#uses = code.colors.map(() => ({ receives: false, emits: false, opens: [] }));
  }

  compile(): CompiledCode {
    const code = this.#code;
    this.#compileBody(code.body, "");
    this.#out.push({ op: "end", kernel: code.body.at(-1)?.kernel ?? 0, path: "end" });
    return {
      code,
      steps: this.#out,
      frameWords: this.#frameWords,
      memoryWords: Math.ceil(dataBytes(code) / 4),
      threads: this.#threads,
      colorUses: this.#uses,
      scope: this.#scope,
    };
  }

  #compileBody(body: readonly Instruction[], prefix: string): void {
    body.forEach((instruction, i) => {
      const path = `${prefix}${i}`;
      try {
        if (instruction.op === "repeat") this.#compileRepeat(instruction, path);
        else this.#out.push(this.#compileStep(instruction, { kernel: instruction.kernel, path }));
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        throw new ProgramFault(error.code, error.message, { instruction: `${this.#code.name}[${path}]` });
      }
    });
  }

  #compileRepeat(repeat: RepeatInstruction, path: string): void {
    const { kernel } = repeat;
    const count = this.#evaluate(repeat.count);
    const slot = this.#frameWords;
    const limitSlot = slot + 1;
    this.#frameWords += 2;
    const start = this.#out.length;
    this.#out.push({ op: "end", kernel, path });
    this.#slots.set(repeat.variable, slot);
    this.#compileBody(repeat.body, `${path}.`);
    this.#slots.delete(repeat.variable);
    this.#out.push({ op: "next", kernel, path, slot, limitSlot, start: start + 1 });
    this.#out[start] = { op: "loop", kernel, path, slot, limitSlot, count, exit: this.#out.length };
  }

  #compileStep(instruction: Exclude<Instruction, RepeatInstruction>, placed: Placed): Step {
    return isLocal(instruction)
      ? this.#compileLocal(instruction, {
          ...placed,
          cost: costClassOf(instruction),
          costType: costTypeOf(instruction, this.#code),
        })
      : this.#compileOther(instruction, placed);
  }

  #compileLocal(instruction: LocalInstruction, placed: Costed): Step {
    switch (instruction.op) {
      case "fill": {
        const dst = this.#view(instruction.dst);
        return { ...placed, op: "fill", dst, value: roundTo(dst.type, instruction.value) };
      }
      case "iota": {
        const { start, step } = instruction;
        return { ...placed, op: "iota", dst: this.#view(instruction.dst), start: this.#evaluate(start), step };
      }
      case "copy":
      case "cast":
        return {
          ...placed,
          op: instruction.op,
          dst: this.#view(instruction.dst),
          src: this.#view(instruction.src),
        };
      case "unary": {
        const dst = this.#view(instruction.dst);
        return { ...placed, op: "unary", fn: instruction.fn, dst, src: this.#source(instruction.src, dst.type) };
      }
      case "binary": {
        const dst = this.#view(instruction.dst);
        const [a, b] = [this.#source(instruction.a, dst.type), this.#source(instruction.b, dst.type)];
        return { ...placed, op: "binary", fn: instruction.fn, dst, a, b };
      }
      case "compare": {
        const type = this.#comparedType(instruction.a, instruction.b);
        const [a, b] = [this.#source(instruction.a, type), this.#source(instruction.b, type)];
        return { ...placed, op: "compare", fn: instruction.fn, dst: this.#view(instruction.dst), type, a, b };
      }
      case "select": {
        const dst = this.#view(instruction.dst);
        const [a, b] = [this.#source(instruction.a, dst.type), this.#source(instruction.b, dst.type)];
        return { ...placed, op: "select", dst, cond: this.#view(instruction.cond), a, b };
      }
      case "reduce": {
        const { fn } = instruction;
        return { ...placed, op: "reduce", fn, dst: this.#view(instruction.dst), src: this.#view(instruction.src) };
      }
      case "matmul": {
        const [dst, a, b] = [this.#view(instruction.dst), this.#view(instruction.a), this.#view(instruction.b)];
        return { ...placed, op: "matmul", dst, a, b, fused: instruction.fused };
      }
      case "gather":
      case "scatter": {
        const { op, base } = instruction;
        const [dst, src] = [this.#view(instruction.dst), this.#view(instruction.src)];
        return { ...placed, op, dst, src, index: this.#view(instruction.index), base: this.#evaluate(base) };
      }
      default:
        return instruction satisfies never;
    }
  }

  #compileOther(instruction: FabricInstruction | ControlInstruction, placed: Placed): Step {
    switch (instruction.op) {
      case "send":
        this.#use(instruction.color).emits = true;
        return {
          ...placed,
          op: "send",
          thread: this.#thread(instruction.thread),
          color: instruction.color,
          src: this.#view(instruction.src),
        };
      case "recv":
        this.#use(instruction.color).receives = true;
        return {
          ...placed,
          op: "recv",
          thread: this.#thread(instruction.thread),
          color: instruction.color,
          dst: this.#view(instruction.dst),
        };
      case "recv_reduce":
        this.#use(instruction.color).receives = true;
        return {
          ...placed,
          op: "recv_reduce",
          fn: instruction.fn,
          thread: this.#thread(instruction.thread),
          color: instruction.color,
          dst: this.#view(instruction.dst),
        };
      case "drop":
        this.#use(instruction.color).receives = true;
        return {
          ...placed,
          op: "drop",
          thread: this.#thread(instruction.thread),
          color: instruction.color,
          count: this.#evaluate(instruction.count),
        };
      case "forward":
        return this.#compileForward(instruction, placed);
      case "wait":
        this.#thread(instruction.thread);
        return { ...placed, op: "wait", thread: instruction.thread };
      case "bind":
        if (instruction.direction === "in") this.#use(instruction.color).receives = true;
        else this.#use(instruction.color).emits = true;
        return {
          ...placed,
          op: "bind",
          direction: instruction.direction,
          queue: instruction.queue,
          color: instruction.color,
        };
      case "advance":
      case "close":
        this.#use(instruction.color).emits = true;
        return { ...placed, op: instruction.op, color: instruction.color };
      case "open": {
        const rules = this.#ruleList(instruction.rules);
        this.#use(instruction.color).opens.push(rules);
        return { ...placed, op: "open", color: instruction.color, rules };
      }
      default:
        return instruction satisfies never;
    }
  }

  #compileForward(forward: Extract<Instruction, { op: "forward" }>, placed: Placed): Step {
    const { from, to, fn } = forward;
    this.#use(from).receives = true;
    this.#use(to).emits = true;
    const thread = this.#thread(forward.thread);
    if (fn === "pass") {
      if (!forward.count) throw new Violation("SIM-005", "Cannot pass wavelets on without a count");
      return { ...placed, op: "forward", fn, thread, from, to, count: this.#evaluate(forward.count) };
    }
    if (!forward.view) throw new Violation("SIM-005", `Cannot forward with "${fn}" without a view`);
    return { ...placed, op: "forward", fn, thread, from, to, view: this.#view(forward.view) };
  }

  #thread(thread: number | undefined): number {
    if (thread === undefined) return -1;
    this.#threads = Math.max(this.#threads, thread + 1);
    return thread;
  }

  #use(color: number): { receives: boolean; emits: boolean; opens: number[] } {
    const use = this.#uses[color];
    if (!use) throw new Violation("SIM-001", `Cannot find formal colour ${color} of code "${this.#code.name}"`);
    return use;
  }

  #view(view: Parameters<typeof compileView>[0]): CompiledView {
    return compileView(view, this.#code.buffers, this.#scope);
  }

  #evaluate(expr: Parameters<typeof compileExpr>[0]): Evaluate {
    return compileExpr(expr, this.#scope).evaluate;
  }

  #source(source: Source, type: ElementType): CompiledSource {
    switch (source.kind) {
      case "view": {
        const view = this.#view(source.view);
        if (view.type !== type) {
          throw new Violation("SIM-005", `Cannot use buffer "${view.buffer.name}" of type ${view.type} as ${type}`);
        }
        return { kind: "view", view };
      }
      case "literal":
        return { kind: "literal", value: roundTo(type, source.value) };
      case "index":
        return { kind: "index", evaluate: this.#evaluate(source.expr) };
      default:
        return source satisfies never;
    }
  }

  #comparedType(a: Source, b: Source): ElementType {
    const first = a.kind === "view" ? a : b;
    if (first.kind !== "view") throw new Violation("SIM-005", "Cannot compare two operands that are not views");
    return this.#view(first.view).type;
  }
}
