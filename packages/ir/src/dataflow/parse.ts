/**
 * Reads the dataflow level of the text form. The reader knows the grammar only: references may point forward or nowhere, and
 * `verify.ts` reports what does not hold together. Labels (`t3`, `k7`) are ids; each kind is numbered densely from 0, in any order for
 * kernels, in the order of their statements for the rest.
 */
import { DiagnosticSink, TextReader } from "@waferc/base";
import type { Loc, SourceMap } from "@waferc/base";
import { CODES } from "../codes.ts";
import type {
  BlockedDim,
  Dataflow,
  Flow,
  FlowPart,
  Group,
  Kernel,
  KernelId,
  LoopStep,
  MeshTensor,
  Operand,
  ParamValue,
  Sharding,
  Step,
  WeightTensor,
} from "./dataflow.ts";
import { DATAFLOW_ENTITY, entityOf, loopEntity } from "./entity.ts";

export interface ParsedDataflow {
  readonly dataflow: Dataflow;
  /** Line of every part, by its entity (`entity.ts`). */
  readonly sourceMap: SourceMap;
}

/**
 * A dataflow from its text.
 * @throws CompileError with the first error of every statement
 */
export function parseDataflow(text: string, options: { readonly file?: string } = {}): ParsedDataflow {
  const diag = new DiagnosticSink();
  const reader = new TextReader(text, { file: options.file ?? "dataflow.dfir", diag });
  const parsed = reader.section(() => {
    reader.header(["dataflow"]);
    return readDataflow(reader);
  });
  if (parsed !== undefined && !reader.isAtKind("end")) {
    reader.section(() => reader.failExpecting("the end of the text"));
  }
  diag.throwIfErrors();
  return parsed as ParsedDataflow;
}

/** Reads a section behind `dfir 1 dataflow`. Undefined if anything in it was reported as an error. */
export function readDataflow(reader: TextReader): ParsedDataflow | undefined {
  const errorsBefore = reader.diag.diagnostics.length;
  const header = reader.peek();
  const dataflow = new DataflowReader(reader, reader.locOf(header)).read();
  if (reader.diag.diagnostics.length > errorsBefore) return undefined;
  return { dataflow, sourceMap: new Map([...reader.sourceMap, [DATAFLOW_ENTITY, header.line]]) };
}

class DataflowReader {
  readonly #reader: TextReader;
  readonly #header: Loc;
  readonly #groups: Group[] = [];
  readonly #weights: WeightTensor[] = [];
  readonly #tensors: MeshTensor[] = [];
  readonly #flows: Flow[] = [];
  readonly #kernels = new Map<KernelId, Kernel>();
  readonly #steps: Step[] = [];
  #loops = 0;

  constructor(reader: TextReader, header: Loc) {
    this.#reader = reader;
    this.#header = header;
  }

  read(): Dataflow {
    const reader: TextReader = this.#reader;
    const name = reader.symbolName();
    reader.expect("for");
    const machineName = readWord(reader, "the name of a machine");
    reader.expect("grid");
    const [width = 0, height = 0] = reader.extents(2);
    const machine = { name: machineName, sha256: this.#digest(), width, height };
    reader.endStatement();
    reader.statements(() => this.#statement());
    return {
      name,
      machine,
      groups: this.#groups,
      tensors: this.#tensors,
      weights: this.#weights,
      kernels: this.#denseKernels(),
      steps: this.#steps,
      flows: this.#flows,
    };
  }

  #denseKernels(): Kernel[] {
    const count = this.#kernels.size;
    return Array.from({ length: count }, (_, id) => {
      const kernel = this.#kernels.get(id);
      if (kernel !== undefined) return kernel;
      this.#reader.diag.report(CODES["DFL-001"], {
        message: `Cannot number ${count} kernels k0 to k${count - 1}: there is no k${id}`,
        at: this.#header,
      });
      return { template: "", group: 0, operands: [], results: [], params: new Map(), loc: [] };
    });
  }

  #statement(): void {
    const reader: TextReader = this.#reader;
    if (reader.accept("group")) this.#group();
    else if (reader.accept("weight")) this.#weight();
    else if (reader.accept("tensor")) this.#tensor();
    else if (reader.accept("flow")) this.#flow();
    else if (reader.accept("loop")) this.#loop();
    else if (reader.accept("unscheduled")) this.#kernel();
    else this.#steps.push({ kind: "kernel", kernel: this.#kernel() });
  }

  /** The label of a statement that defines the next of its kind. */
  #define(letter: "g" | "w" | "t" | "f", index: number): void {
    const token = this.#reader.peek();
    if (readId(this.#reader, letter) !== index) {
      this.#reader.failAt(token, `Expected "${letter}${index}", but found "${token.text}"`);
    }
    this.#reader.define(entityOf(letter, index));
  }

  #group(): void {
    this.#define("g", this.#groups.length);
    const name = this.#reader.string("the group's name");
    const [width = 0, height = 0] = this.#reader.extents(2);
    this.#groups.push({ name, width, height });
  }

  #weight(): void {
    const token = this.#reader.peek();
    this.#define("w", this.#weights.length);
    const shape = this.#type();
    const [rows, cols] = shape;
    if (rows === undefined || cols === undefined || shape.length > 2) {
      this.#reader.failAt(token, "Expected a weight with two dimensions");
    }
    const sha256 = this.#digest();
    this.#weights.push({ name: this.#name(), rows, cols, sha256 });
  }

  #tensor(): void {
    this.#define("t", this.#tensors.length);
    const shape = this.#type();
    this.#reader.expect("in");
    const group = readId(this.#reader, "g");
    const sharding = this.#sharding();
    this.#tensors.push({ name: this.#name(), shape, group, sharding });
  }

  #flow(): void {
    this.#define("f", this.#flows.length);
    const shape = this.#type();
    const from = this.#end();
    this.#reader.expect("->");
    const to = this.#end();
    const name = this.#name();
    const parts = this.#reader.accept("of") ? { parts: this.#reader.list("(", ")", () => this.#flowPart()) } : {};
    this.#flows.push({ name, from, to, shape, ...parts });
  }

  #flowPart(): FlowPart {
    const tensor = this.#reader.string("the host's tensor");
    return { tensor, shape: this.#reader.list("[", "]", () => this.#reader.integer()) };
  }

  #end(): Flow["from"] {
    if (this.#reader.accept("host")) return { kind: "host", tensor: this.#reader.string("the host's tensor") };
    return { kind: "group", group: readId(this.#reader, "g") };
  }

  #loop(): void {
    const reader: TextReader = this.#reader;
    reader.define(loopEntity(this.#loops++));
    const count = reader.integer();
    reader.expect("in");
    const body: KernelId[] = [];
    const carried: LoopStep["carried"][number][] = [];
    const group = readId(reader, "g");
    reader.block(() => {
      if (!reader.accept("carry")) return void body.push(this.#kernel());
      const into = readId(reader, "t");
      reader.expect("from");
      const initial = readId(reader, "t");
      reader.expect("next");
      carried.push({ into, initial, next: readId(reader, "t") });
    });
    this.#steps.push({ kind: "loop", count, body, carried, group });
  }

  /** A definition, or the bare label of a kernel that is defined elsewhere. */
  #kernel(): KernelId {
    const reader: TextReader = this.#reader;
    const id = readId(reader, "k");
    if (!reader.accept("=")) return id;
    if (this.#kernels.has(id)) {
      const message = `Cannot define "k${id}" again: an earlier statement defines it`;
      reader.fail(CODES["DFL-001"], { message });
    }
    reader.define(entityOf("k", id));
    const template = readWord(reader, "a template");
    const isAtOperand = () => !["->", "{", "in"].some((text) => reader.isAt(text));
    const operands = isAtOperand() ? this.#listOf(() => this.#operand()) : [];
    const results = reader.accept("->") ? this.#listOf(() => readId(reader, "t")) : [];
    const params = reader.isAt("{") ? this.#params() : new Map<string, ParamValue>();
    reader.expect("in");
    const group = readId(reader, "g");
    const flow = reader.accept("flow") ? { flow: readId(reader, "f") } : {};
    const loc = reader.accept("loc") ? reader.list("(", ")", () => reader.string()) : [];
    this.#kernels.set(id, { template, group, operands, results, params, ...flow, loc });
    return id;
  }

  #operand(): Operand {
    const reader: TextReader = this.#reader;
    if (reader.accept("weights")) {
      const weights = reader.list("(", ")", () => readId(reader, "w"));
      return { kind: "weight", weights, sharding: this.#sharding() };
    }
    const { kind, text } = reader.peek();
    if (kind === "name" && /^t\d+$/.test(text)) return { kind: "tensor", tensor: readId(reader, "t") };
    return { kind: "scalar", value: reader.float() };
  }

  #params(): Map<string, ParamValue> {
    const reader: TextReader = this.#reader;
    const entries = reader.list("{", "}", (): readonly [string, ParamValue] => {
      const name = readWord(reader, "a parameter");
      reader.expect("=");
      return [name, this.#param()];
    });
    return new Map(entries);
  }

  #param(): ParamValue {
    const reader: TextReader = this.#reader;
    if (reader.accept("true")) return true;
    if (reader.accept("false")) return false;
    if (reader.isAtKind("string")) return reader.string();
    return reader.isAt("[") ? reader.list("[", "]", () => reader.float()) : reader.float();
  }

  #sharding(): Sharding {
    const reader: TextReader = this.#reader;
    reader.expect("over");
    reader.expect("[");
    const rows = this.#dim();
    reader.expect(",");
    const cols = this.#dim();
    reader.expect("]");
    return { rows, cols };
  }

  #dim(): BlockedDim {
    const reader: TextReader = this.#reader;
    const extent = reader.integer();
    reader.expect("/");
    const block = reader.integer();
    if (!reader.isAtKind("symbol")) return { extent, block, axis: "none" };
    const token = reader.peek();
    const axis = reader.symbolName();
    if (axis !== "x" && axis !== "y") reader.failAt(token, `Expected "@x" or "@y", but found "@${axis}"`);
    return { extent, block, axis };
  }

  #type(): number[] {
    this.#reader.expect(":");
    this.#reader.expect("f32");
    return this.#reader.list("[", "]", () => this.#reader.integer());
  }

  #name(): string {
    this.#reader.expect("as");
    return this.#reader.string("a name");
  }

  #digest(): string {
    if (this.#reader.isAtKind("string")) return this.#reader.string();
    return this.#reader.isAtKind("digest") ? this.#reader.digest() : "";
  }

  #listOf<T>(item: () => T): T[] {
    const items: T[] = [];
    do items.push(item());
    while (this.#reader.accept(","));
    return items;
  }
}

/** A name, bare or quoted. */
function readWord(reader: TextReader, what: string): string {
  return reader.isAtKind("string") ? reader.string(what) : reader.name(what);
}

/** The number of a label such as `t3`. */
export function readId(reader: TextReader, letter: string): number {
  const token = reader.peek();
  const what = `a label such as "${letter}0"`;
  const text = reader.name(what);
  if (!new RegExp(`^${letter}(0|[1-9]\\d{0,8})$`).test(text)) {
    reader.failAt(token, `Expected ${what}, but found "${text}"`);
  }
  return Number(text.slice(1));
}
