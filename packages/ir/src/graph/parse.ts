// Reads the graph level of the text form. A value may be used before the line that defines it, so that the verifier,
// not the reader, says what is out of order; a name that nothing defines is reported here. Data behind a digest is
// looked up through `blobs`, and read only when somebody asks for it.
import { DiagnosticSink, TextReader } from "@waferc/base";
import type { SourceMap, Token } from "@waferc/base";
import { isDType } from "@waferc/numerics";
import type { DType } from "@waferc/numerics";
import { CODES } from "../codes.ts";
import type { Attr } from "./attr.ts";
import { safeInteger } from "./attr.ts";
import type { Dim, Graph, GraphOutput, Op, Shape, TensorSource, Value, ValueId, ValueType, Wrapper } from "./graph.ts";
import { isStaticShape, opId, UNKNOWN_DIM, valueId } from "./graph.ts";
import { missingBlob, readElements } from "./literal.ts";
import { numberGraph } from "./number.ts";
import { printValue } from "./print.ts";

/** What is known of data that is kept elsewhere. */
export interface BlobKey {
  readonly sha256: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly byteLength: number;
}

export interface ParseGraphOptions {
  /** Finds the data of a digest. Without it, or if it finds none, reading such a constant throws. */
  readonly blobs?: (key: BlobKey) => TensorSource | undefined;
}

export interface ParsedGraph {
  readonly graph: Graph;
  /** Line of every value (`%name`) and op (`op N`), as they print. */
  readonly sourceMap: SourceMap;
}

/**
 * A graph from its text.
 * @throws CompileError with the first error of every statement
 */
export function parseGraph(text: string, options: ParseGraphOptions & { readonly file?: string } = {}): ParsedGraph {
  const diag = new DiagnosticSink();
  const reader = new TextReader(text, { file: options.file ?? "graph.dfir", diag });
  const parsed = reader.section(() => {
    reader.header(["graph"]);
    return readGraph(reader, options);
  });
  if (parsed !== undefined && !reader.isAtKind("end")) {
    reader.section(() => reader.failExpecting("the end of the text"));
  }
  diag.throwIfErrors();
  return parsed as ParsedGraph;
}

/** Reads a section behind `dfir 1 graph`. Undefined if anything in it was reported as an error. */
export function readGraph(reader: TextReader, options: ParseGraphOptions = {}): ParsedGraph | undefined {
  const name = reader.symbolName();
  reader.endStatement();
  return new GraphReader(reader, name, options).read();
}

type MutableBlock = { name: string; params: ValueId[]; ops: Op[]; results: ValueId[] };
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class GraphReader {
  readonly #reader: TextReader;
  readonly #options: ParseGraphOptions;
  readonly #name: string;
  readonly #opsets = new Map<string, number>();
  readonly #ids = new Map<string, ValueId>();
  readonly #values = new Map<ValueId, Mutable<Value>>();
  readonly #firstUse = new Map<ValueId, Token>();
  readonly #valueLines = new Map<ValueId, number>();
  readonly #opLines = new Map<Op, number>();
  readonly #constants = new Map<ValueId, TensorSource>();
  readonly #outputs: GraphOutput[] = [];
  readonly #main: MutableBlock = { name: "", params: [], ops: [], results: [] };
  #opCount = 0;

  constructor(reader: TextReader, name: string, options: ParseGraphOptions) {
    this.#reader = reader;
    this.#name = name;
    this.#options = options;
  }

  read(): ParsedGraph | undefined {
    const errorsBefore = this.#reader.diag.diagnostics.length;
    this.#reader.statements(() => this.#statement());
    for (const [id, token] of this.#firstUse) if (!this.#valueLines.has(id)) this.#reportUndefined(token);
    if (this.#reader.diag.diagnostics.length > errorsBefore) return undefined;
    const loose = { name: this.#name, opsets: this.#opsets, values: this.#values, constants: this.#constants };
    const rest = { main: this.#main, outputs: this.#outputs };
    const { graph, valueIds, opIds } = numberGraph({ ...loose, ...rest }, { keepOrder: true });
    const sourceMap = new Map<string, number>();
    for (const [id, line] of this.#valueLines) sourceMap.set(printValue(graph, valueIds.get(id) as ValueId), line);
    for (const [op, line] of this.#opLines) sourceMap.set(`op ${opIds.get(op)}`, line);
    return { graph, sourceMap };
  }

  #reportUndefined(token: Token): void {
    this.#reader.diag.report(CODES["GRA-002"], {
      message: `Cannot find value "%${token.text}": no statement defines it`,
      at: this.#reader.locOf(token),
    });
  }

  #statement(): void {
    const reader: TextReader = this.#reader;
    if (reader.accept("opset")) this.#opset();
    else if (reader.accept("input")) this.#main.params.push(this.#typedValue());
    else if (reader.accept("const")) this.#constant();
    else if (reader.accept("output")) this.#output();
    else this.#op(this.#main);
  }

  #opset(): void {
    const domain = this.#bareOrQuoted("a domain");
    this.#opsets.set(domain === "ai.onnx" ? "" : domain, this.#reader.integer({ min: 1 }));
  }

  #constant(): void {
    const id = this.#define();
    this.#reader.expect(":");
    const source = this.#data();
    this.#values.set(id, { ...this.#value(id), dtype: source.dtype, shape: source.shape });
    this.#constants.set(id, source);
    if (this.#reader.accept("as")) this.#value(id).name = this.#reader.string();
  }

  #output(): void {
    const token = this.#reader.peek();
    const value = this.#use();
    const name = this.#reader.accept("as") ? this.#reader.string() : token.text;
    this.#outputs.push({ name, value });
  }

  /** `%x : f32[2] as "name"`. */
  #typedValue(): ValueId {
    const id = this.#define();
    this.#reader.expect(":");
    this.#setType(id, this.#type());
    if (this.#reader.accept("as")) this.#value(id).name = this.#reader.string();
    return id;
  }

  #op(block: MutableBlock): void {
    const reader: TextReader = this.#reader;
    const { line } = reader.peek();
    const results = this.#listOf(() => this.#hole(() => this.#define()));
    reader.expect("=");
    const first = this.#bareOrQuoted("an op");
    const isQualified = reader.accept(":");
    const kind = isQualified ? this.#bareOrQuoted("an op") : first;
    const version = reader.isAtKind("symbol") ? this.#version() : 0;
    const operands =
      reader.isAtKind("value") || reader.isAt("_") ? this.#listOf(() => this.#hole(() => this.#use())) : [];
    const attrs = new Map<string, Attr>();
    if (reader.isAt("{") && reader.peek(1).kind !== "newline") this.#attrs(attrs);
    if (reader.accept(":")) this.#types(results);
    this.#names(results);
    const loc = reader.accept("loc") ? reader.list("(", ")", () => reader.string()) : [];
    const from = reader.accept("from") ? { from: this.#bareOrQuoted("a pass") } : {};
    if (reader.isAt("{")) reader.block(() => this.#blockAttr(attrs));
    const shared = { id: opId(this.#opCount++), domain: isQualified ? first : "", kind, version, attrs, loc, ...from };
    const op: Op = { ...shared, operands: trim(operands), results: trim(results) };
    this.#opLines.set(op, line);
    block.ops.push(op);
  }

  #version(): number {
    const token = this.#reader.peek();
    const version = Number(this.#reader.symbolName());
    if (!Number.isInteger(version))
      this.#reader.failAt(token, `Expected a version such as "@13", but found "@${token.text}"`);
    return version;
  }

  #types(results: readonly (ValueId | undefined)[]): void {
    let index = 0;
    this.#listOf(() => {
      const id = results[index++];
      if (this.#reader.accept("_")) return;
      const type = this.#type();
      if (id !== undefined) this.#setType(id, type);
    });
  }

  /** ` as "name", _`, if it is there. */
  #names(ids: readonly (ValueId | undefined)[]): void {
    if (!this.#reader.accept("as")) return;
    let index = 0;
    this.#listOf(() => {
      const id = ids[index++];
      const name = this.#reader.accept("_") ? "" : this.#reader.string();
      if (id !== undefined) this.#value(id).name = name;
    });
  }

  #attrs(attrs: Map<string, Attr>): void {
    this.#reader.list("{", "}", () => {
      const name = this.#bareOrQuoted("an attribute");
      this.#reader.expect("=");
      attrs.set(name, this.#attr());
    });
  }

  #attr(): Attr {
    const reader: TextReader = this.#reader;
    for (const type of ["ints", "floats", "strings", "tensors"] as const) {
      if (!reader.isAt(type)) continue;
      reader.next();
      reader.list("[", "]", () => reader.failExpecting('"]"'));
      return { type, value: [] };
    }
    if (!reader.isAt("[")) return this.#scalarAttr();
    return listAttr(
      reader.list("[", "]", () => this.#scalarAttr()),
      () => reader.failExpecting("items of one type"),
    );
  }

  #scalarAttr(): Attr {
    const reader: TextReader = this.#reader;
    if (reader.accept("tensor")) return { type: "tensor", value: this.#data() };
    if (reader.accept("type")) return { type: "type", value: this.#type() };
    if (reader.isAtKind("string")) return { type: "string", value: reader.string() };
    if (reader.isAtKind("integer")) return { type: "int", value: BigInt(reader.anyInteger()) };
    return { type: "float", value: reader.float(Math.fround) };
  }

  #blockAttr(attrs: Map<string, Attr>): void {
    const reader: TextReader = this.#reader;
    const attrName = this.#bareOrQuoted("an attribute");
    const isList = reader.accept("[");
    if (isList) reader.expect("]");
    const block: MutableBlock = { name: reader.string("the name of a block"), params: [], ops: [], results: [] };
    block.params = reader.list("(", ")", () => this.#typedValue());
    reader.block(() => {
      if (!reader.accept("yield")) this.#op(block);
      else if (reader.isAtKind("value")) block.results = this.#listOf(() => this.#use());
    });
    const present = attrs.get(attrName);
    const before = present?.type === "blocks" ? present.value : [];
    attrs.set(attrName, isList ? { type: "blocks", value: [...before, block] } : { type: "block", value: block });
  }

  // Data

  /** `f32[2] = [1.0, 2.0]` or `f32[99] = blob(sha256:.., 396 B)`. */
  #data(): TensorSource {
    const reader: TextReader = this.#reader;
    const token = reader.peek();
    const { dtype, shape } = this.#tensorType();
    if (dtype === undefined || shape === undefined || !isStaticShape(shape)) {
      reader.failAt(token, "Expected data with a known dtype and known lengths");
    }
    reader.expect("=");
    if (!reader.accept("blob")) return readElements(reader, dtype, shape);
    reader.expect("(");
    const sha256 = reader.digest();
    reader.expect(",");
    const key: BlobKey = { sha256, dtype, shape, byteLength: reader.quantity("B") };
    reader.expect(")");
    return this.#options.blobs?.(key) ?? missingBlob(key);
  }

  /** A tensor's type, or `seq(..)` or `optional(..)` around one. */
  #type(): ValueType {
    const wrappers: Wrapper[] = [];
    for (;;) {
      if (this.#reader.accept("seq")) wrappers.push("sequence");
      else if (this.#reader.accept("optional")) wrappers.push("optional");
      else break;
      this.#reader.expect("(");
    }
    const tensor = this.#tensorType();
    for (let i = 0; i < wrappers.length; i++) this.#reader.expect(")");
    return wrappers.length === 0 ? tensor : { ...tensor, wrappers };
  }

  #tensorType(): ValueType {
    const reader: TextReader = this.#reader;
    const token = reader.peek();
    let dtype: DType | undefined;
    if (!reader.accept("?")) {
      const word = reader.name("a type such as f32[4,8]");
      if (!isDType(word)) reader.failAt(token, `Expected a dtype, but found "${word}"`);
      dtype = word;
    }
    if (reader.peek(1).text === "*") {
      for (const text of ["[", "*", "]"]) reader.expect(text);
      return { dtype, shape: undefined };
    }
    return { dtype, shape: this.#shape() };
  }

  #shape(): Shape {
    const reader: TextReader = this.#reader;
    return reader.list("[", "]", (): Dim => {
      if (reader.accept("?")) return UNKNOWN_DIM;
      if (reader.isAtKind("string")) return reader.string();
      return reader.isAtKind("integer")
        ? safeInteger(BigInt(reader.anyInteger()))
        : reader.name("a length or a symbol");
    });
  }

  // Values

  #id(name: string): ValueId {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = valueId(this.#ids.size);
    this.#ids.set(name, id);
    this.#values.set(id, { id, name: /^\d+$/.test(name) ? "" : name, dtype: undefined, shape: undefined });
    return id;
  }

  #value(id: ValueId): Mutable<Value> {
    return this.#values.get(id) as Mutable<Value>;
  }

  #setType(id: ValueId, type: ValueType): void {
    const value = this.#value(id);
    value.dtype = type.dtype;
    value.shape = type.shape;
    if (type.wrappers !== undefined) value.wrappers = type.wrappers;
  }

  #define(): ValueId {
    const { line } = this.#reader.peek();
    const name = this.#reader.valueName();
    const id = this.#id(name);
    if (this.#valueLines.has(id)) {
      this.#reader.fail(CODES["GRA-001"], {
        message: `Cannot define "%${name}" again: an earlier statement defines it`,
      });
    }
    this.#valueLines.set(id, line);
    return id;
  }

  #use(): ValueId {
    const token = this.#reader.peek();
    const id = this.#id(this.#reader.valueName());
    if (!this.#firstUse.has(id)) this.#firstUse.set(id, token);
    return id;
  }

  #hole<T>(read: () => T): T | undefined {
    return this.#reader.accept("_") ? undefined : read();
  }

  #listOf<T>(item: () => T): T[] {
    const items: T[] = [];
    do items.push(item());
    while (this.#reader.accept(","));
    return items;
  }

  #bareOrQuoted(what: string): string {
    return this.#reader.isAtKind("string") ? this.#reader.string(what) : this.#reader.name(what);
  }
}

function trim<T>(list: readonly (T | undefined)[]): (T | undefined)[] {
  return list.slice(0, list.findLastIndex((item) => item !== undefined) + 1);
}

/** One list attribute from items that were read as scalars. */
function listAttr(items: readonly Attr[], fail: () => never): Attr {
  const [first] = items;
  if (first === undefined || items.some(({ type }) => type !== first.type)) return fail();
  const value: unknown = items.map((item) => item.value);
  const type = `${first.type}s`;
  return { type, value } as Attr;
}
