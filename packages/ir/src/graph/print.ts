// The graph level of the text form. Inputs and constants print by name, results by number with the ONNX name behind
// `as`, so that ONNX's long names appear once. Any op prints, valid or not; constants above INLINE_ELEMENTS print as
// the digest of their data, which whoever keeps the side file learns through `onBlob`.
import { DFIR_VERSION, isBareName, printSymbolName, printValueName, quote, TextWriter } from "@waferc/base";
import type { Attr } from "./attr.ts";
import type { Block, Dim, Graph, Op, TensorSource, ValueId, ValueType, Wrapper } from "./graph.ts";
import { valueOf } from "./graph.ts";
import { digestOf, isInline, printElements, printFloatList } from "./literal.ts";

export interface PrintGraphOptions {
  /** Called for every constant that is printed as a digest. */
  readonly onBlob?: (sha256: string, source: TensorSource) => void;
}

export function printGraph(graph: Graph, options: PrintGraphOptions = {}): string {
  const writer = new TextWriter();
  writeGraph(writer, graph, options);
  return writer.toString();
}

/** Writes a section, header line included. */
export function writeGraph(writer: TextWriter, graph: Graph, options: PrintGraphOptions = {}): void {
  writer.line(`dfir ${DFIR_VERSION} graph ${printSymbolName(graph.name)}`);
  writer.indented(() => new GraphPrinter(writer, graph, options).print());
}

/** `f32[batch,8]`; `?` for an unknown dtype, `[*]` for an unknown rank; `seq(f32[8])` and `optional(f32[8])`. */
export function printType({ dtype, shape, wrappers = [] }: ValueType): string {
  const tensor = `${dtype ?? "?"}[${shape === undefined ? "*" : shape.map(printDim).join(",")}]`;
  return wrappers.reduceRight((inner, wrapper) => `${WRAPPER_WORDS[wrapper]}(${inner})`, tensor);
}

const WRAPPER_WORDS = { sequence: "seq", optional: "optional" } as const satisfies Record<Wrapper, string>;

function printDim(dim: Dim): string {
  return typeof dim === "number" || dim === "?" ? String(dim) : bareOrQuoted(dim);
}

function bareOrQuoted(text: string): string {
  return isBareName(text) ? text : quote(text);
}

/** The text name of a value: its own if it can be told from a number, else its id. */
export function printValue(graph: Graph, id: ValueId): string {
  return isNamed(graph, id) ? printValueName(valueOf(graph, id).name) : `%${id}`;
}

function isNamed(graph: Graph, id: ValueId): boolean {
  const value = valueOf(graph, id);
  const isSource = id < graph.inputs.length + graph.constants.size;
  return isSource && value.name !== "" && !/^\d+$/.test(value.name);
}

class GraphPrinter {
  readonly #writer: TextWriter;
  readonly #graph: Graph;
  readonly #options: PrintGraphOptions;

  constructor(writer: TextWriter, graph: Graph, options: PrintGraphOptions) {
    this.#writer = writer;
    this.#graph = graph;
    this.#options = options;
  }

  print(): void {
    const { opsets, inputs, constants, ops, outputs } = this.#graph;
    const versions = [...opsets].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [domain, version] of versions) {
      this.#writer.line(`opset ${bareOrQuoted(domain === "" ? "ai.onnx" : domain)} ${version}`);
    }
    for (const id of inputs) this.#writer.line(`input ${this.#value(id)} : ${this.#type(id)}${this.#nameOf([id])}`);
    for (const [id, source] of constants) {
      this.#writer.line(`const ${this.#value(id)} : ${this.#data(source)}${this.#nameOf([id])}`);
    }
    for (const op of ops) this.#op(op);
    for (const { name, value } of outputs) this.#writer.line(`output ${this.#value(value)} as ${quote(name)}`);
  }

  #op(op: Op): void {
    const blocks = [...op.attrs].filter(([, attr]) => attr.type === "block" || attr.type === "blocks");
    const line = this.#opLine(op);
    if (blocks.length === 0) {
      this.#writer.line(line);
      return;
    }
    this.#writer.block(line, () => {
      for (const [name, attr] of sortedByName(blocks)) this.#blockAttr(name, attr);
    });
  }

  #opLine(op: Op): string {
    const domain = op.domain === "" ? "" : `${bareOrQuoted(op.domain)}:`;
    const operands = op.operands.length === 0 ? "" : ` ${this.#list(op.operands)}`;
    const types = op.results.map((id) => (id === undefined ? "_" : this.#type(id)));
    const loc = op.loc.length === 0 ? "" : ` loc(${op.loc.map(quote).join(", ")})`;
    const from = op.from === undefined ? "" : ` from ${bareOrQuoted(op.from)}`;
    return [
      `${op.results.length === 0 ? "_" : this.#list(op.results)} = ${domain}${bareOrQuoted(op.kind)}@${op.version}`,
      operands,
      this.#attrs(op),
      types.length === 0 ? "" : ` : ${types.join(", ")}`,
      this.#nameOf(op.results),
      loc,
      from,
    ].join("");
  }

  #attrs(op: Op): string {
    const inline = [...op.attrs].filter(([, attr]) => attr.type !== "block" && attr.type !== "blocks");
    if (inline.length === 0) return "";
    const entries = sortedByName(inline).map(([name, attr]) => `${bareOrQuoted(name)} = ${this.#attr(attr)}`);
    return ` {${entries.join(", ")}}`;
  }

  #attr(attr: Attr): string {
    switch (attr.type) {
      case "int":
        return String(attr.value);
      case "float":
        return printFloatList([attr.value])[0] as string;
      case "string":
        return quote(attr.value);
      case "tensor":
        return `tensor ${this.#data(attr.value)}`;
      case "type":
        return `type ${printType(attr.value)}`;
      case "ints":
        return list("ints", attr.value.map(String));
      case "floats":
        return list("floats", printFloatList(attr.value));
      case "strings":
        return list("strings", attr.value.map(quote));
      case "tensors":
        return list(
          "tensors",
          attr.value.map((source) => `tensor ${this.#data(source)}`),
        );
      case "block":
      case "blocks":
        throw new TypeError("Blocks must print behind the line of their op");
      default:
        return attr satisfies never;
    }
  }

  #blockAttr(name: string, attr: Attr): void {
    if (attr.type === "block") this.#block(bareOrQuoted(name), attr.value);
    else if (attr.type === "blocks") for (const block of attr.value) this.#block(`${bareOrQuoted(name)}[]`, block);
  }

  #block(head: string, block: Block): void {
    const params = block.params.map((id) => `${this.#value(id)} : ${this.#type(id)}${this.#nameOf([id])}`);
    this.#writer.block(`${head} ${quote(block.name)} (${params.join(", ")})`, () => {
      for (const op of block.ops) this.#op(op);
      this.#writer.line(block.results.length === 0 ? "yield" : `yield ${this.#list(block.results)}`);
    });
  }

  #value(id: ValueId): string {
    return printValue(this.#graph, id);
  }

  #list(ids: readonly (ValueId | undefined)[]): string {
    return ids.map((id) => (id === undefined ? "_" : this.#value(id))).join(", ");
  }

  #type(id: ValueId): string {
    return printType(valueOf(this.#graph, id));
  }

  /** ` as "name", _`, if a name is not in the text already. */
  #nameOf(ids: readonly (ValueId | undefined)[]): string {
    const names = ids.map((id) => {
      if (id === undefined || isNamed(this.#graph, id)) return "";
      return valueOf(this.#graph, id).name;
    });
    if (names.every((name) => name === "")) return "";
    return ` as ${names.map((name) => (name === "" ? "_" : quote(name))).join(", ")}`;
  }

  #data(source: TensorSource): string {
    const type = printType(source);
    if (isInline(source)) return `${type} = ${printElements(source.read())}`;
    const sha256 = digestOf(source);
    this.#options.onBlob?.(sha256, source);
    return `${type} = blob(sha256:${sha256}, ${source.byteLength} B)`;
  }
}

function list(type: string, items: readonly string[]): string {
  return items.length === 0 ? `${type}[]` : `[${items.join(", ")}]`;
}

function sortedByName<T>(entries: readonly (readonly [string, T])[]): (readonly [string, T])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
