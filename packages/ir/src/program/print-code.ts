/** Codes in the text form: buffers, preloads, instructions. See `docs/dfir.md`. */
import { formatFloat, isBareName, printSymbolName, printValueName } from "@waferc/base";
import type { TextWriter } from "@waferc/base";
import { printWord } from "./entity.ts";
import { printExpr } from "./expr-text.ts";
import type { Binding, Buffer, Code, Instruction, ProgramTensor, Rule, Source, View } from "./program.ts";

/** A name that refers to the item; `#index` if no name can: out of range, not bare, or an earlier item has it. */
export function printReference(names: readonly string[], index: number): string {
  const name = names[index];
  return name !== undefined && isBareName(name) && names.indexOf(name) === index ? name : `#${index}`;
}

/** `%name`, which may be quoted, or `#index`. */
export function printTensorReference(tensors: readonly ProgramTensor[], index: number): string {
  const name = tensors[index]?.name;
  const isFirst = name !== undefined && tensors.findIndex((tensor) => tensor.name === name) === index;
  return isFirst ? printValueName(name) : `#${index}`;
}

export function printRule(rule: Rule): string {
  return [`${rule.from} ->`, ...rule.to, ...(rule.transit ? ["transit"] : [])].join(" ");
}

export function writeCode(writer: TextWriter, code: Code, tensors: readonly ProgramTensor[]): void {
  const head = [`code ${printSymbolName(code.name)}`];
  if (code.colors.length > 0) head.push(`colors(${code.colors.map(printWord).join(", ")})`);
  if (code.params.length > 0) head.push(`params(${code.params.map(printWord).join(", ")})`);
  const printer = new CodePrinter(writer, code);
  writer.block(head.join(" "), () => {
    for (const buffer of code.buffers) writer.line(printBuffer(buffer));
    for (const binding of code.bindings) writer.line(printer.binding(binding, tensors));
    printer.body(code.body, undefined);
  });
}

function printBuffer(buffer: Buffer): string {
  const { name, type, elements, address, persistent } = buffer;
  return `buffer ${printWord(name)} : ${type}[${elements}] at ${address} B${persistent ? " persistent" : ""}`;
}

class CodePrinter {
  readonly #writer: TextWriter;
  readonly #buffers: readonly string[];
  readonly #colors: readonly string[];

  constructor(writer: TextWriter, code: Code) {
    this.#writer = writer;
    this.#buffers = code.buffers.map(({ name }) => name);
    this.#colors = code.colors;
  }

  binding(binding: Binding, tensors: readonly ProgramTensor[]): string {
    const dims = binding.dims.map(({ count, stride, tensorDim, step }) => {
      const stepText = step === 1 ? "" : ` step ${step}`;
      return `${printExpr(count)}:${stride} along ${tensorDim}${stepText}`;
    });
    const target = `${this.#buffer(binding.buffer)}[${[printExpr(binding.offset), ...dims].join(", ")}]`;
    const tensor = printTensorReference(tensors, binding.tensor);
    return `preload ${target} = ${tensor}[${binding.start.map(printExpr).join(", ")}]`;
  }

  /** A `kernel` line stands wherever the kernel changes; a loop's body begins with the loop's kernel. */
  body(body: readonly Instruction[], context: number | undefined): void {
    let kernel = context;
    for (const instruction of body) {
      if (instruction.kernel !== kernel) this.#writer.line(`kernel k${instruction.kernel}`);
      kernel = instruction.kernel;
      if (instruction.op === "repeat") {
        const head = `repeat ${printWord(instruction.variable)} ${printExpr(instruction.count)}`;
        this.#writer.block(head, () => this.body(instruction.body, instruction.kernel));
      } else {
        this.#writer.line(this.#instruction(instruction));
      }
    }
  }

  #instruction(instruction: Exclude<Instruction, { readonly op: "repeat" }>): string {
    switch (instruction.op) {
      case "fill":
        return `fill ${this.#view(instruction.dst)}, ${formatFloat(instruction.value)}`;
      case "iota":
        return `iota ${this.#view(instruction.dst)}, ${printExpr(instruction.start)}, ${instruction.step}`;
      case "copy":
      case "cast":
        return `${instruction.op} ${this.#views(instruction.dst, instruction.src)}`;
      case "unary":
        return `unary ${instruction.fn} ${this.#view(instruction.dst)}, ${this.#source(instruction.src)}`;
      case "binary":
      case "compare": {
        const sources = `${this.#source(instruction.a)}, ${this.#source(instruction.b)}`;
        return `${instruction.op} ${instruction.fn} ${this.#view(instruction.dst)}, ${sources}`;
      }
      case "select": {
        const sources = `${this.#source(instruction.a)}, ${this.#source(instruction.b)}`;
        return `select ${this.#views(instruction.dst, instruction.cond)}, ${sources}`;
      }
      case "reduce":
        return `reduce ${instruction.fn} ${this.#views(instruction.dst, instruction.src)}`;
      case "matmul": {
        const operands = this.#views(instruction.dst, instruction.a, instruction.b);
        return `matmul ${operands}${instruction.fused ? " fused" : ""}`;
      }
      case "gather":
      case "scatter": {
        const operands = this.#views(instruction.dst, instruction.src, instruction.index);
        return `${instruction.op} ${operands}, ${printExpr(instruction.base)}`;
      }
      case "send":
      case "recv":
      case "recv_reduce":
      case "drop":
      case "forward":
        return this.#fabric(instruction);
      case "wait":
        return `wait ${instruction.thread}`;
      case "bind":
        return `bind ${instruction.direction} ${instruction.queue} ${this.#color(instruction.color)}`;
      case "advance":
      case "close":
        return `${instruction.op} ${this.#color(instruction.color)}`;
      case "open":
        return `open ${this.#color(instruction.color)} ${instruction.rules.map(printRule).join(", ")}`.trimEnd();
      default:
        return instruction satisfies never;
    }
  }

  #fabric(instruction: Extract<Instruction, { readonly thread?: number }> & { readonly op: FabricOp }): string {
    const prefix = instruction.thread === undefined ? "" : `async ${instruction.thread} `;
    switch (instruction.op) {
      case "send":
        return `${prefix}send ${this.#color(instruction.color)}, ${this.#view(instruction.src)}`;
      case "recv":
        return `${prefix}recv ${this.#color(instruction.color)}, ${this.#view(instruction.dst)}`;
      case "recv_reduce":
        return `${prefix}recv_reduce ${instruction.fn} ${this.#color(instruction.color)}, ${this.#view(instruction.dst)}`;
      case "drop":
        return `${prefix}drop ${this.#color(instruction.color)}, ${printExpr(instruction.count)}`;
      case "forward": {
        const colors = `${this.#color(instruction.from)} -> ${this.#color(instruction.to)}`;
        const view = instruction.view ? `, ${this.#view(instruction.view)}` : "";
        const count = instruction.count ? `, ${printExpr(instruction.count)}` : "";
        return `${prefix}forward ${instruction.fn} ${colors}${view}${count}`;
      }
      default:
        return instruction satisfies never;
    }
  }

  #source(source: Source): string {
    switch (source.kind) {
      case "view":
        return this.#view(source.view);
      case "literal":
        return formatFloat(source.value);
      case "index":
        return printExpr(source.expr);
      default:
        return source satisfies never;
    }
  }

  #views(...views: readonly View[]): string {
    return views.map((view) => this.#view(view)).join(", ");
  }

  #view(view: View): string {
    const dims = view.dims.map(({ count, stride }) => `${printExpr(count)}:${stride}`);
    return `${this.#buffer(view.buffer)}[${[printExpr(view.offset), ...dims].join(", ")}]`;
  }

  #buffer(index: number): string {
    return printReference(this.#buffers, index);
  }

  #color(index: number): string {
    return printReference(this.#colors, index);
  }
}

type FabricOp = "send" | "recv" | "recv_reduce" | "drop" | "forward";
