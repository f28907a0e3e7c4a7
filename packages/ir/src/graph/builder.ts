// Makes and edits graphs. Passes copy a frozen graph with `GraphBuilder.from`, edit, and `freeze`, which sorts
// every block topologically (as near to the present order as possible) and renumbers densely, so that equal
// graphs print equally. Ids are stable while a builder lives: those of the source graph stay valid until `freeze`.
// Assumes that blocks see only values of the blocks around them; `verifyGraph` proves what was made.
import { invariant } from "@waferc/base";
import type { Attr, Attrs } from "./attr.ts";
import type { Block, Graph, GraphOutput, Op, OpId, TensorSource, Value, ValueId, ValueType } from "./graph.ts";
import { allOps, blocksOf, opId, valueId } from "./graph.ts";
import { numberGraph, sortOps } from "./number.ts";

export interface ResultSpec extends ValueType {
  readonly name?: string | undefined;
}

export interface OpSpec {
  /** "" (ai.onnx) unless given. */
  readonly domain?: string | undefined;
  readonly kind: string;
  /** Since-version of the schema. */
  readonly version: number;
  readonly attrs?: Attrs | undefined;
  readonly operands: readonly (ValueId | undefined)[];
  /** A declared value, or what to make; undefined is a hole. */
  readonly results: readonly (ValueId | ResultSpec | undefined)[];
  readonly loc?: readonly string[] | undefined;
  readonly from?: string | undefined;
  /** Where it goes; the main block unless given. */
  readonly block?: Block | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** Drafts are handed out as the readonly nouns; only the builder writes to them. */
interface OpDraft extends Mutable<Omit<Op, "operands" | "results">> {
  operands: (ValueId | undefined)[];
  results: (ValueId | undefined)[];
  home: BlockDraft;
}

class BlockDraft implements Block {
  readonly name: string;
  params: ValueId[];
  results: ValueId[];
  readonly #ops = new Set<OpDraft>();
  #listed: readonly OpDraft[] | undefined;

  constructor(name: string, params: readonly ValueId[] = [], results: readonly ValueId[] = []) {
    this.name = name;
    this.params = [...params];
    this.results = [...results];
  }
  /** A snapshot, made again only after a change. */
  get ops(): readonly OpDraft[] {
    this.#listed ??= [...this.#ops];
    return this.#listed;
  }
  add(op: OpDraft): void {
    this.#ops.add(op);
    this.#listed = undefined;
  }
  delete(op: OpDraft): void {
    this.#ops.delete(op);
    this.#listed = undefined;
  }
}

function trimHoles<T>(list: readonly (T | undefined)[]): (T | undefined)[] {
  let length = list.length;
  while (length > 0 && list[length - 1] === undefined) length -= 1;
  return list.slice(0, length);
}

/** A plain tensor has no `wrappers`, so that equal values have equal keys. */
function wrappersOf({ wrappers = [] }: ValueType): Pick<ValueType, "wrappers"> {
  return wrappers.length === 0 ? {} : { wrappers };
}

export class GraphBuilder {
  name: string;
  readonly opsets = new Map<string, number>();
  readonly #values = new Map<ValueId, Mutable<Value>>();
  readonly #constants = new Map<ValueId, TensorSource>();
  readonly #ops = new Map<OpId, OpDraft>();
  readonly #producers = new Map<ValueId, OpDraft>();
  readonly #users = new Map<ValueId, Set<OpDraft>>();
  readonly #names = new Set<string>();
  /** Where the search for a free suffix of a name goes on: passes make thousands of constants of one name. */
  readonly #suffixes = new Map<string, number>();
  readonly #blocks = new Set<BlockDraft>();
  readonly #main = new BlockDraft("");
  #outputs: GraphOutput[] = [];
  #nextValue = 0;
  #nextOp = 0;

  constructor(name: string, opsets: Iterable<readonly [string, number]> = []) {
    this.name = name;
    for (const [domain, version] of opsets) this.opsets.set(domain, version);
    this.#blocks.add(this.#main);
  }

  /** A builder that holds a copy of `graph`, with the same ids. */
  static from(graph: Graph): GraphBuilder {
    const builder = new GraphBuilder(graph.name, graph.opsets);
    for (const value of graph.values) builder.#values.set(value.id, { ...value });
    builder.#nextValue = graph.values.length;
    for (const id of graph.inputs) builder.#adoptName(id);
    builder.#main.params = [...graph.inputs];
    for (const [id, source] of graph.constants) {
      builder.#adoptName(id);
      builder.#constants.set(id, source);
    }
    for (const op of graph.ops) builder.#copyOp(op, builder.#main);
    builder.#outputs = [...graph.outputs];
    return builder;
  }

  // Reading

  get inputs(): readonly ValueId[] {
    return this.#main.params;
  }
  get outputs(): readonly GraphOutput[] {
    return this.#outputs;
  }
  get constants(): ReadonlyMap<ValueId, TensorSource> {
    return this.#constants;
  }
  /** A snapshot of the ops of the main block in their present order; safe to edit while iterating. */
  get ops(): readonly Op[] {
    return this.#main.ops;
  }
  /** A snapshot of every op, nested ones after the op that holds them. */
  get everyOp(): readonly Op[] {
    return [...allOps(this.#main.ops)];
  }
  value(id: ValueId): Value {
    return this.#value(id);
  }
  constant(id: ValueId | undefined): TensorSource | undefined {
    return id === undefined ? undefined : this.#constants.get(id);
  }
  op(id: OpId): Op {
    return this.#op(id);
  }
  has(id: OpId): boolean {
    return this.#ops.has(id);
  }
  /** The op that makes a value; undefined for inputs, constants and block parameters. */
  producer(id: ValueId | undefined): Op | undefined {
    return id === undefined ? undefined : this.#producers.get(id);
  }
  /** Ops, nested ones included, that have the value as an operand, each once, in order of their making. */
  users(id: ValueId): readonly Op[] {
    return [...(this.#users.get(id) ?? [])].sort((a, b) => a.id - b.id);
  }
  /** Is it an output of the graph or the result of a block? */
  isOutput(id: ValueId): boolean {
    if (this.#outputs.some((output) => output.value === id)) return true;
    return this.#blocks.size > 1 && [...this.#blocks].some((block) => block.results.includes(id));
  }
  hasUses(id: ValueId): boolean {
    return (this.#users.get(id)?.size ?? 0) > 0 || this.isOutput(id);
  }

  // Adding

  /** A value without a producer yet, to be named as a result of a later `addOp`. */
  declareValue(spec: ResultSpec = {}): ValueId {
    const id = valueId(this.#nextValue++);
    this.#values.set(id, { id, name: spec.name ?? "", dtype: spec.dtype, shape: spec.shape, ...wrappersOf(spec) });
    return id;
  }

  addInput(name: string, type: ValueType): ValueId {
    if (this.#names.has(name)) throw new RangeError(`Input "${name}" must have a name of its own`);
    this.#names.add(name);
    const id = this.declareValue({ ...type, name });
    this.#main.params.push(id);
    return id;
  }

  /** The name is made unique by a suffix. */
  addConstant(name: string, source: TensorSource): ValueId {
    const { dtype, shape } = source;
    const id = this.declareValue({ name: this.#uniqueName(name === "" ? "const" : name), dtype, shape });
    this.#constants.set(id, source);
    return id;
  }

  addOutput(name: string, value: ValueId): void {
    this.#value(value);
    this.#outputs.push({ name, value });
  }

  /** An empty block, for an attribute of an op made later; fill it with `addParam`, `addOp`, `addResult`. */
  addBlock(name: string): Block {
    const block = new BlockDraft(name);
    this.#blocks.add(block);
    return block;
  }
  addParam(block: Block, spec: ResultSpec): ValueId {
    const id = this.declareValue(spec);
    this.#block(block).params.push(id);
    return id;
  }
  addResult(block: Block, value: ValueId): void {
    this.#block(block).results.push(value);
  }

  /** Appends an op; its place among the others is found by `freeze`. */
  addOp(spec: OpSpec): Op {
    const home = spec.block === undefined ? this.#main : this.#block(spec.block);
    const results = spec.results.map((result) => (typeof result === "object" ? this.declareValue(result) : result));
    return this.#insert({
      id: opId(this.#nextOp++),
      domain: spec.domain ?? "",
      kind: spec.kind,
      version: spec.version,
      attrs: spec.attrs ?? new Map<string, Attr>(),
      operands: trimHoles(spec.operands),
      results: trimHoles(results),
      loc: spec.loc ?? [],
      from: spec.from,
      home,
    });
  }

  /** `addOp` for an op with one result, which it returns. */
  emit(spec: Omit<OpSpec, "results">, result: ResultSpec = {}): ValueId {
    const [id] = this.addOp({ ...spec, results: [result] }).results;
    invariant(id !== undefined, "an op with one result spec has one result");
    return id;
  }

  // Editing

  setType(id: ValueId, type: ValueType): void {
    const value = this.#value(id);
    value.dtype = type.dtype;
    value.shape = type.shape;
    delete value.wrappers;
    Object.assign(value, wrappersOf(type));
  }
  setOperand(id: OpId, index: number, value: ValueId | undefined): void {
    const op = this.#op(id);
    const operands = [...op.operands];
    while (operands.length < index) operands.push(undefined);
    operands[index] = value;
    this.setOperands(id, operands);
  }
  setOperands(id: OpId, operands: readonly (ValueId | undefined)[]): void {
    const op = this.#op(id);
    this.#unlink(op);
    op.operands = trimHoles(operands);
    this.#link(op);
  }
  setAttrs(id: OpId, attrs: Attrs): void {
    this.#op(id).attrs = attrs;
  }
  setLoc(id: OpId, loc: readonly string[]): void {
    this.#op(id).loc = loc;
  }

  /** Every operand, output and block result that was `from` becomes `to`; `keep` names an op that is left alone. */
  replaceUses(from: ValueId, to: ValueId, keep?: OpId): void {
    for (const user of this.users(from)) {
      if (user.id === keep) continue;
      this.setOperands(
        user.id,
        user.operands.map((operand) => (operand === from ? to : operand)),
      );
    }
    const swap = (id: ValueId): ValueId => (id === from ? to : id);
    for (const block of this.#blocks) block.results = block.results.map(swap);
    this.#outputs = this.#outputs.map((output) => ({ name: output.name, value: swap(output.value) }));
  }

  /** Removes an op whose results nobody uses, with its blocks and its result values. */
  eraseOp(id: OpId): void {
    const op = this.#op(id);
    for (const block of blocksOf(op)) this.#eraseBlock(this.#block(block));
    for (const result of op.results) {
      if (result === undefined) continue;
      invariant(!this.hasUses(result), `%${result} of ${op.kind} must have no uses when its op is erased`);
      this.#values.delete(result);
      this.#producers.delete(result);
    }
    this.#unlink(op);
    this.#ops.delete(id);
    op.home.delete(op);
  }

  /** Removes an input or a constant that nobody uses. */
  eraseSource(id: ValueId): void {
    invariant(!this.hasUses(id), `%${id} must have no uses when it is erased`);
    this.#names.delete(this.#value(id).name);
    this.#constants.delete(id);
    this.#main.params = this.#main.params.filter((input) => input !== id);
    this.#values.delete(id);
  }

  /** The finished graph. Throws RangeError, naming the ops, if ops wait for each other in a circle. */
  freeze(): Graph {
    return numberGraph({
      name: this.name,
      opsets: new Map(this.opsets),
      values: this.#values,
      constants: this.#constants,
      main: this.#main,
      outputs: this.#outputs,
    }).graph;
  }

  // Private

  #value(id: ValueId): Mutable<Value> {
    const value = this.#values.get(id);
    invariant(value !== undefined, `%${id} must be in the graph under construction`);
    return value;
  }
  #op(id: OpId): OpDraft {
    const op = this.#ops.get(id);
    invariant(op !== undefined, `op ${id} must be in the graph under construction`);
    return op;
  }
  #block(block: Block): BlockDraft {
    const isOurs = block instanceof BlockDraft && this.#blocks.has(block);
    invariant(isOurs, `block "${block.name}" must belong to this builder`);
    return block;
  }
  #adoptName(id: ValueId): void {
    this.#names.add(this.#value(id).name);
  }
  #uniqueName(wanted: string): string {
    let name = wanted;
    let suffix = this.#suffixes.get(wanted) ?? 1;
    for (; this.#names.has(name); suffix++) name = `${wanted}_${suffix}`;
    if (name !== wanted) this.#suffixes.set(wanted, suffix);
    this.#names.add(name);
    return name;
  }
  #insert(op: OpDraft): OpDraft {
    this.#ops.set(op.id, op);
    op.home.add(op);
    for (const result of op.results) {
      if (result === undefined) continue;
      invariant(!this.#producers.has(result), `%${result} must have one producer`);
      this.#producers.set(this.#value(result).id, op);
    }
    this.#link(op);
    return op;
  }
  #link(op: OpDraft): void {
    for (const operand of op.operands) {
      if (operand === undefined) continue;
      this.#value(operand);
      const users = this.#users.get(operand);
      if (users === undefined) this.#users.set(operand, new Set([op]));
      else users.add(op);
    }
  }
  #unlink(op: OpDraft): void {
    for (const operand of op.operands) if (operand !== undefined) this.#users.get(operand)?.delete(op);
  }
  #eraseBlock(block: BlockDraft): void {
    block.results = [];
    for (const op of sortOps(block.ops).reverse()) this.eraseOp(op.id);
    for (const param of block.params) this.#values.delete(param);
    this.#blocks.delete(block);
  }
  #copyOp(op: Op, home: BlockDraft): void {
    const attrs = new Map([...op.attrs].map(([name, attr]) => [name, this.#copyAttr(attr)] as const));
    this.#nextOp = Math.max(this.#nextOp, op.id + 1);
    this.#insert({ ...op, attrs, operands: [...op.operands], results: [...op.results], home });
  }
  #copyAttr(attr: Attr): Attr {
    if (attr.type === "block") return { type: "block", value: this.#copyBlock(attr.value) };
    if (attr.type === "blocks") return { type: "blocks", value: attr.value.map((block) => this.#copyBlock(block)) };
    return attr;
  }
  #copyBlock(block: Block): Block {
    const copy = new BlockDraft(block.name, block.params, block.results);
    this.#blocks.add(copy);
    for (const op of block.ops) this.#copyOp(op, copy);
    return copy;
  }
}
