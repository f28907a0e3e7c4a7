/** Reads codes of the text form: buffers, preloads, instructions. Names are resolved here; what they mean, `verify.ts` judges. */
import type { TextReader } from "@waferc/base";
import { ELEMENT_TYPES } from "./element-type.ts";
import { bindingEntity, bufferEntity, instructionEntity, Labels } from "./entity.ts";
import { readExpr } from "./expr-text.ts";
import { MAX_LOOP_DEPTH } from "./limits.ts";
import type {
  BinaryFn,
  Binding,
  BindingDim,
  Buffer,
  Code,
  CompareFn,
  Expr,
  ForwardFn,
  Instruction,
  LocalInstruction,
  ReduceFn,
  RouterPort,
  Rule,
  Source,
  UnaryFn,
  View,
  ViewDim,
} from "./program.ts";

export const ROUTER_PORTS = ["north", "east", "south", "west", "ramp"] as const satisfies readonly RouterPort[];
export const UNARY_FNS = [
  "neg",
  "abs",
  "exp",
  "log",
  "erf",
  "tanh",
  "sin",
  "cos",
  "sqrt",
  "rsqrt",
  "recip",
  "floor",
] as const satisfies readonly UnaryFn[];
export const BINARY_FNS = ["add", "sub", "mul", "div", "min", "max"] as const satisfies readonly BinaryFn[];
export const COMPARE_FNS = ["eq", "ne", "lt", "le", "gt", "ge"] as const satisfies readonly CompareFn[];
export const REDUCE_FNS = ["add", "max", "min"] as const satisfies readonly ReduceFn[];
export const FORWARD_FNS = ["pass", "store", "add", "max", "min"] as const satisfies readonly ForwardFn[];

const LOCAL_OPS = [
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
] as const satisfies readonly LocalInstruction["op"][];
const OTHER_OPS = [
  "send",
  "recv",
  "recv_reduce",
  "drop",
  "forward",
  "wait",
  "bind",
  "advance",
  "close",
  "open",
] as const satisfies readonly Instruction["op"][];

/** A bare name or a string. */
export function readWord(reader: TextReader, what?: string): string {
  return reader.isAtKind("string") ? reader.string(what) : reader.name(what);
}

/** A name of the list, or `#index`, which may be out of range. */
export function readReference(reader: TextReader, names: readonly string[], what: string): number {
  if (reader.accept("#")) return reader.integer();
  const token = reader.peek();
  const index = names.indexOf(reader.name(what));
  return index >= 0 ? index : reader.failAt(token, `Expected ${what}, but found "${token.text}"`);
}

/** `%name` or `#index`. */
export function readTensorReference(reader: TextReader, names: readonly string[]): number {
  if (reader.accept("#")) return reader.integer();
  const token = reader.peek();
  const index = names.indexOf(reader.valueName("a tensor"));
  return index >= 0 ? index : reader.failAt(token, `Expected a tensor of the program, but found "%${token.text}"`);
}

/** `west -> ramp east transit, ..`; none if no port is next. */
export function readRules(reader: TextReader): Rule[] {
  const isAtPort = (): boolean => ROUTER_PORTS.some((port) => reader.isAt(port));
  const rules: Rule[] = [];
  if (!isAtPort()) return rules;
  do {
    const from = reader.word(ROUTER_PORTS);
    reader.expect("->");
    const to: RouterPort[] = [];
    while (isAtPort()) to.push(reader.word(ROUTER_PORTS));
    rules.push({ from, to, transit: reader.accept("transit") });
  } while (reader.accept(","));
  return rules;
}

type MutableCode = { name: string; colors: string[]; params: string[]; buffers: Buffer[]; bindings: Binding[] };

/** Reads a code behind `code`. `entityOf` gives the code's entity for its name. */
export function readCode(reader: TextReader, tensors: readonly string[], entityOf: (name: string) => string): Code {
  const name = reader.symbolName();
  const words = (): string[] => reader.list("(", ")", () => readWord(reader));
  const colors = reader.accept("colors") ? words() : [];
  const params = reader.accept("params") ? words() : [];
  const code: MutableCode = { name, colors, params, buffers: [], bindings: [] };
  const entity = entityOf(name);
  reader.define(entity);
  const codeReader = new CodeReader(reader, code, tensors, entity);
  return { ...code, body: codeReader.body([], undefined) };
}

class CodeReader {
  readonly #reader: TextReader;
  readonly #code: MutableCode;
  readonly #tensors: readonly string[];
  readonly #entity: string;
  readonly #bufferNames: string[] = [];
  readonly #bufferLabels = new Labels();

  constructor(reader: TextReader, code: MutableCode, tensors: readonly string[], entity: string) {
    this.#reader = reader;
    this.#code = code;
    this.#tensors = tensors;
    this.#entity = entity;
  }

  /** `{`, statements, `}`. Buffers and preloads only on the outermost level. */
  body(path: readonly number[], context: number | undefined): Instruction[] {
    const reader: TextReader = this.#reader;
    const body: Instruction[] = [];
    let kernel = context;
    reader.block(() => {
      if (path.length === 0 && reader.accept("buffer")) this.#buffer();
      else if (path.length === 0 && reader.accept("preload")) this.#binding();
      else if (reader.accept("kernel")) kernel = readKernelId(reader);
      else {
        if (kernel === undefined) reader.failExpecting('"buffer", "preload" or "kernel"');
        const here = [...path, body.length];
        reader.define(instructionEntity(this.#entity, here));
        body.push(this.#instruction(kernel, here));
      }
    });
    return body;
  }

  #buffer(): void {
    const reader: TextReader = this.#reader;
    const name = readWord(reader, "the name of a buffer");
    reader.expect(":");
    const type = reader.word(ELEMENT_TYPES);
    reader.expect("[");
    const elements = reader.integer();
    for (const text of ["]", "at"]) reader.expect(text);
    const address = reader.integer();
    reader.expect("B");
    this.#bufferNames.push(name);
    this.#code.buffers.push({ name, type, address, elements, persistent: reader.accept("persistent") });
    reader.define(bufferEntity(this.#entity, this.#bufferLabels.next(name)));
  }

  #binding(): void {
    const reader: TextReader = this.#reader;
    const buffer = this.#bufferReference();
    reader.expect("[");
    const offset = readExpr(reader);
    const dims: BindingDim[] = [];
    while (reader.accept(",")) {
      const dim = this.#dim();
      reader.expect("along");
      dims.push({ ...dim, tensorDim: reader.integer(), step: reader.accept("step") ? reader.integer() : 1 });
    }
    for (const text of ["]", "="]) reader.expect(text);
    const tensor = readTensorReference(reader, this.#tensors);
    const start = reader.list("[", "]", () => readExpr(reader));
    reader.define(bindingEntity(this.#entity, this.#code.bindings.length));
    this.#code.bindings.push({ buffer, offset, dims, tensor, start });
  }

  #instruction(kernel: number, path: readonly number[]): Instruction {
    const reader: TextReader = this.#reader;
    if (reader.accept("repeat")) return this.#repeat(kernel, path);
    const thread = reader.accept("async") ? { thread: reader.integer() } : {};
    if ("thread" in thread) return this.#fabric(kernel, thread);
    const local = LOCAL_OPS.find((op) => reader.isAt(op));
    return local ? this.#local(kernel) : this.#other(kernel);
  }

  #repeat(kernel: number, path: readonly number[]): Instruction {
    const reader: TextReader = this.#reader;
    if (path.length > MAX_LOOP_DEPTH) reader.failAt(reader.peek(), `Expected at most ${MAX_LOOP_DEPTH} nested loops`);
    const variable = readWord(reader, "a loop variable");
    const count = readExpr(reader);
    return { kernel, op: "repeat", variable, count, body: this.body(path, kernel) };
  }

  #local(kernel: number): Instruction {
    const reader: TextReader = this.#reader;
    const op = reader.word(LOCAL_OPS);
    switch (op) {
      case "fill":
        return { kernel, op, dst: this.#view(), value: this.#next(() => reader.float()) };
      case "iota": {
        const [dst, start] = [this.#view(), this.#next(() => readExpr(reader))];
        return { kernel, op, dst, start, step: this.#next(() => reader.integer()) };
      }
      case "copy":
      case "cast":
        return { kernel, op, dst: this.#view(), src: this.#next(() => this.#view()) };
      case "unary":
        return { kernel, op, fn: reader.word(UNARY_FNS), dst: this.#view(), src: this.#next(() => this.#source()) };
      case "binary":
        return { kernel, op, fn: reader.word(BINARY_FNS), ...this.#destinationAndSources() };
      case "compare":
        return { kernel, op, fn: reader.word(COMPARE_FNS), ...this.#destinationAndSources() };
      case "select": {
        const [dst, cond] = [this.#view(), this.#next(() => this.#view())];
        return { kernel, op, dst, cond, ...this.#sources() };
      }
      case "reduce":
        return { kernel, op, fn: reader.word(REDUCE_FNS), dst: this.#view(), src: this.#next(() => this.#view()) };
      case "matmul": {
        const [dst, a, b] = [this.#view(), this.#next(() => this.#view()), this.#next(() => this.#view())];
        return { kernel, op, dst, a, b, fused: reader.accept("fused") };
      }
      case "gather":
      case "scatter": {
        const [dst, src, index] = [this.#view(), this.#next(() => this.#view()), this.#next(() => this.#view())];
        return { kernel, op, dst, src, index, base: this.#next(() => readExpr(reader)) };
      }
      default:
        return op satisfies never;
    }
  }

  #other(kernel: number): Instruction {
    const reader: TextReader = this.#reader;
    const op = OTHER_OPS.find((candidate) => reader.isAt(candidate));
    switch (op) {
      case undefined:
        return reader.failExpecting("an instruction");
      case "wait":
        reader.next();
        return { kernel, op, thread: reader.integer() };
      case "bind": {
        reader.next();
        const [direction, queue] = [reader.word(["in", "out"]), reader.integer()];
        return { kernel, op, direction, queue, color: this.#color() };
      }
      case "advance":
      case "close":
        reader.next();
        return { kernel, op, color: this.#color() };
      case "open":
        reader.next();
        return { kernel, op, color: this.#color(), rules: readRules(reader) };
      case "send":
      case "recv":
      case "recv_reduce":
      case "drop":
      case "forward":
        return this.#fabric(kernel, {});
      default:
        return op satisfies never;
    }
  }

  #fabric(kernel: number, thread: { readonly thread?: number }): Instruction {
    const reader: TextReader = this.#reader;
    const op = reader.word(["send", "recv", "recv_reduce", "drop", "forward"]);
    switch (op) {
      case "send":
        return { kernel, op, color: this.#color(), src: this.#next(() => this.#view()), ...thread };
      case "recv":
        return { kernel, op, color: this.#color(), dst: this.#next(() => this.#view()), ...thread };
      case "recv_reduce": {
        const [fn, color] = [reader.word(REDUCE_FNS), this.#color()];
        return { kernel, op, fn, color, dst: this.#next(() => this.#view()), ...thread };
      }
      case "drop":
        return { kernel, op, color: this.#color(), count: this.#next(() => readExpr(reader)), ...thread };
      case "forward": {
        const [fn, from] = [reader.word(FORWARD_FNS), this.#color()];
        reader.expect("->");
        return { kernel, op, fn, from, to: this.#color(), ...this.#forwarded(), ...thread };
      }
      default:
        return op satisfies never;
    }
  }

  /** `, view` or `, count`, or both. */
  #forwarded(): { readonly view?: View; readonly count?: Expr } {
    const reader: TextReader = this.#reader;
    const isFirstView = reader.isAt(",") && this.#isAtView(1);
    const view = isFirstView ? { view: this.#next(() => this.#view()) } : {};
    return reader.accept(",") ? { ...view, count: readExpr(reader) } : view;
  }

  #destinationAndSources(): { readonly dst: View; readonly a: Source; readonly b: Source } {
    return { dst: this.#view(), ...this.#sources() };
  }

  #sources(): { readonly a: Source; readonly b: Source } {
    return { a: this.#next(() => this.#source()), b: this.#next(() => this.#source()) };
  }

  #source(): Source {
    const reader: TextReader = this.#reader;
    if (this.#isAtView()) return { kind: "view", view: this.#view() };
    const isFloat = reader.isAtKind("float") || reader.isAt("inf") || reader.isAt("nan");
    return isFloat ? { kind: "literal", value: reader.float() } : { kind: "index", expr: readExpr(reader) };
  }

  /** `buffer[` or `#0[`. */
  #isAtView(distance = 0): boolean {
    const token = this.#reader.peek(distance);
    const isIndex = token.kind === "punctuation" && token.text === "#";
    const bracket = this.#reader.peek(distance + (isIndex ? 2 : 1));
    return (isIndex || token.kind === "name") && bracket.text === "[" && bracket.kind === "punctuation";
  }

  #view(): View {
    const reader: TextReader = this.#reader;
    const buffer = this.#bufferReference();
    reader.expect("[");
    const offset = readExpr(reader);
    const dims: ViewDim[] = [];
    while (reader.accept(",")) dims.push(this.#dim());
    reader.expect("]");
    return { buffer, offset, dims };
  }

  #dim(): ViewDim {
    const count = readExpr(this.#reader);
    this.#reader.expect(":");
    return { count, stride: this.#reader.integer() };
  }

  #bufferReference(): number {
    return readReference(this.#reader, this.#bufferNames, `a buffer of @${this.#code.name}`);
  }

  #color(): number {
    return readReference(this.#reader, this.#code.colors, `a colour of @${this.#code.name}`);
  }

  /** What follows a comma. */
  #next<T>(read: () => T): T {
    this.#reader.expect(",");
    return read();
  }
}

/** The number of `k3`. */
export function readKernelId(reader: TextReader): number {
  const token = reader.peek();
  const match = /^k(-?\d+)$/.exec(reader.name('a kernel such as "k0"'));
  return match ? Number(match[1]) : reader.failAt(token, `Expected a kernel such as "k0", but found "${token.text}"`);
}
