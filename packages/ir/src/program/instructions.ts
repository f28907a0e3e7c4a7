/** Questions about instructions that every consumer asks alike: sizes, what is read and written, colours, cost classes. */
import { invariant } from "@waferc/base";
import type { CostClass, CostType } from "@waferc/machine";
import { elementBytes, is16Bit } from "./element-type.ts";
import { evaluateExpr } from "./expr.ts";
import type { ExprEnv } from "./expr.ts";
import type {
  Buffer,
  Code,
  ColorOperand,
  ElementType,
  Instruction,
  LocalInstruction,
  Source,
  View,
} from "./program.ts";

/** Every instruction in program order, a `repeat` before its body. `path` holds the indexes that lead to it. */
export function* walkInstructions(
  body: readonly Instruction[],
  path: readonly number[] = [],
): Generator<{ readonly instruction: Instruction; readonly path: readonly number[] }, void, undefined> {
  for (const [index, instruction] of body.entries()) {
    const here = [...path, index];
    yield { instruction, path: here };
    if (instruction.op === "repeat") yield* walkInstructions(instruction.body, here);
  }
}

/** Instructions that take up SRAM: a `repeat` counts as one, plus its body. */
export function instructionCount(body: readonly Instruction[]): number {
  return body.reduce((sum, i) => sum + 1 + (i.op === "repeat" ? instructionCount(i.body) : 0), 0);
}

/** SRAM that the instructions of a code take. */
export function codeBytes(code: Code, core: { readonly bytesPerInstruction: number }): number {
  return instructionCount(code.body) * core.bytesPerInstruction;
}

/** Bytes that a buffer's elements take. */
export function bufferBytes({ type, elements }: Pick<Buffer, "type" | "elements">): number {
  return elements * elementBytes(type);
}

/** Bytes from address 0 to the end of the last buffer. */
export function dataBytes(code: Code): number {
  return code.buffers.reduce((end, buffer) => Math.max(end, buffer.address + bufferBytes(buffer)), 0);
}

/** Elements of a view: the product of its counts, 0 if one of them is 0 or less. */
export function viewSize(view: View, env: ExprEnv): number {
  let size = 1;
  for (const { count } of view.dims) size *= Math.max(0, evaluateExpr(count, env));
  return size;
}

/** How an instruction uses a view. `update` reads an element before it writes it. */
export interface ViewUse {
  readonly view: View;
  readonly access: "read" | "write" | "update";
}

/** The views of an instruction, destination first; none of a `repeat`'s body. */
export function viewUses(instruction: Instruction): readonly ViewUse[] {
  switch (instruction.op) {
    case "fill":
    case "iota":
      return [{ view: instruction.dst, access: "write" }];
    case "copy":
    case "cast":
      return [{ view: instruction.dst, access: "write" }, ...read(instruction.src)];
    case "unary":
      return [{ view: instruction.dst, access: "write" }, ...readSources(instruction.src)];
    case "binary":
    case "compare":
      return [{ view: instruction.dst, access: "write" }, ...readSources(instruction.a, instruction.b)];
    case "select":
      return [
        { view: instruction.dst, access: "write" },
        ...read(instruction.cond),
        ...readSources(instruction.a, instruction.b),
      ];
    case "reduce":
      return [{ view: instruction.dst, access: "update" }, ...read(instruction.src)];
    case "matmul":
      return [{ view: instruction.dst, access: "update" }, ...read(instruction.a), ...read(instruction.b)];
    case "gather":
      return [{ view: instruction.dst, access: "write" }, ...read(instruction.src), ...read(instruction.index)];
    case "scatter":
      // Rows that no index names keep what they have.
      return [{ view: instruction.dst, access: "update" }, ...read(instruction.src), ...read(instruction.index)];
    case "send":
      return read(instruction.src);
    case "recv":
      return [{ view: instruction.dst, access: "write" }];
    case "recv_reduce":
      return [{ view: instruction.dst, access: "update" }];
    case "forward":
      if (!instruction.view) return [];
      return [{ view: instruction.view, access: instruction.fn === "store" ? "write" : "read" }];
    case "drop":
    case "wait":
    case "bind":
    case "advance":
    case "close":
    case "open":
    case "repeat":
      return [];
    default:
      return instruction satisfies never;
  }
}

function read(view: View): readonly ViewUse[] {
  return [{ view, access: "read" }];
}

function readSources(...sources: readonly Source[]): readonly ViewUse[] {
  return sources.flatMap((source) => (source.kind === "view" ? read(source.view) : []));
}

/** A colour that an instruction moves wavelets on, as the core sees it. */
export interface ColorUse {
  readonly color: ColorOperand;
  readonly direction: "in" | "out";
}

/** Colours on which the instruction takes or emits wavelets, control wavelets included. */
export function colorUses(instruction: Instruction): readonly ColorUse[] {
  switch (instruction.op) {
    case "send":
    case "advance":
    case "close":
      return [{ color: instruction.color, direction: "out" }];
    case "recv":
    case "recv_reduce":
    case "drop":
      return [{ color: instruction.color, direction: "in" }];
    case "forward":
      return [
        { color: instruction.from, direction: "in" },
        { color: instruction.to, direction: "out" },
      ];
    default:
      return [];
  }
}

const LOCAL_OPS: ReadonlySet<string> = new Set([
  "fill",
  "iota",
  "copy",
  "cast",
  "unary",
  "binary",
  "compare",
  "select",
  "reduce",
  "matmul",
  "gather",
  "scatter",
] satisfies LocalInstruction["op"][]);

export function isLocal(instruction: Instruction): instruction is LocalInstruction {
  return LOCAL_OPS.has(instruction.op);
}

/** The class whose `centicyclesPerElement` a local instruction costs (docs/program.md section 7.2). */
export function costClassOf(instruction: LocalInstruction): CostClass {
  switch (instruction.op) {
    case "fill":
    case "iota":
    case "copy":
    case "cast":
    case "select":
    case "gather":
    case "scatter":
      return "move";
    case "compare":
    case "reduce":
      return "add";
    case "matmul":
      return "matmul";
    case "binary":
      if (instruction.fn === "mul" || instruction.fn === "div") return instruction.fn;
      return "add";
    case "unary":
      return unaryCostClass(instruction.fn);
    default:
      return instruction satisfies never;
  }
}

/** What selects the cost within its class (docs/program.md section 7.2): the type of the destination, but for some. */
export function costTypeOf(instruction: LocalInstruction, code: Code): CostType {
  const typeOf = ({ buffer }: View): ElementType => {
    const found = code.buffers[buffer];
    invariant(found !== undefined, "an instruction names a buffer of its code");
    return found.type;
  };
  const type = typeOf(instruction.dst);
  if (instruction.op === "cast" && is16Bit(type) && !is16Bit(typeOf(instruction.src))) return typeOf(instruction.src);
  if (instruction.op === "matmul" && !is16Bit(type) && is16Bit(typeOf(instruction.a))) return "mixed";
  return type;
}

type UnaryInstruction = Extract<LocalInstruction, { readonly op: "unary" }>;

function unaryCostClass(fn: UnaryInstruction["fn"]): CostClass {
  switch (fn) {
    case "neg":
    case "abs":
    case "floor":
      return "add";
    case "recip":
      return "div";
    case "sqrt":
    case "rsqrt":
      return "sqrt";
    case "exp":
    case "log":
    case "tanh":
      return "exp";
    case "sin":
    case "cos":
      return "trig";
    case "erf":
      return "erf";
    default:
      return fn satisfies never;
  }
}
