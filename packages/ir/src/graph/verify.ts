// Well-formedness of graphs, as numbered rules.
//
//   GRA-001  a name or a value is defined once
//   GRA-002  a value is defined before it is used, in the same block or one around it
//   GRA-003  an op's domain is imported, at a version not below the op's
//   GRA-004  lengths are not negative, and symbols have names
//   GRA-005  a constant's value has the type of its data
//   GRA-006  outputs have names, each its own
//   GRA-012  an op keeps the rules of its definition (only if `ops` is given)
//
// Assumes dense ids, which `GraphBuilder` and the reader give. Gaps: types that inference would contradict are found only
// through GRA-012; constants' data is not read.
import { compareLocs, makeDiagnostic } from "@waferc/base";
import type { Diagnostic, DiagnosticCode, Loc } from "@waferc/base";
import { byteLengthOf, elementCount } from "@waferc/numerics";
import { CODES } from "../codes.ts";
import type { Block, Graph, Op, ValueId } from "./graph.ts";
import { blocksOf, qualifiedKind, valueOf } from "./graph.ts";
import { printType, printValue } from "./print.ts";

/** What the verifier asks of the op table: the problems of an op, each a sentence. */
export interface OpRules {
  problemsOf(op: Op, graph: Graph): readonly string[];
}

/** Every broken rule, sorted by place. Empty if the graph is well-formed. */
export function verifyGraph(graph: Graph, ops?: OpRules): readonly Diagnostic[] {
  return new GraphVerifier(graph, ops).verify();
}

class GraphVerifier {
  readonly #graph: Graph;
  readonly #rules: OpRules | undefined;
  readonly #found: Diagnostic[] = [];
  readonly #definedAnywhere = new Set<ValueId>();

  constructor(graph: Graph, rules: OpRules | undefined) {
    this.#graph = graph;
    this.#rules = rules;
  }

  verify(): readonly Diagnostic[] {
    const { inputs, constants, ops, outputs } = this.#graph;
    const names = new Set<string>();
    const visible = new Set<ValueId>();
    for (const id of [...inputs, ...constants.keys()]) {
      this.#define(id, visible, this.#entity(id));
      const { name } = valueOf(this.#graph, id);
      if (names.has(name))
        this.#report(CODES["GRA-001"], this.#entity(id), `Cannot use name "${name}" for a second input or constant`);
      names.add(name);
    }
    for (const value of this.#graph.values) this.#verifyShape(value.id);
    for (const id of constants.keys()) this.#verifyConstant(id);
    this.#verifyOps(ops, visible);
    for (const { value } of outputs) this.#verifyUse(value, visible, this.#entity(value), "the outputs");
    this.#verifyOutputNames();
    return this.#found.sort((a, b) => compareLocs(a.at, b.at));
  }

  #verifyOps(ops: readonly Op[], visible: Set<ValueId>): void {
    for (const op of ops) {
      for (const id of op.operands)
        if (id !== undefined) this.#verifyUse(id, visible, opLoc(op), qualifiedKind(op), op);
      for (const block of blocksOf(op)) this.#verifyBlock(block, op, new Set(visible));
      for (const id of op.results) if (id !== undefined) this.#define(id, visible, opLoc(op));
      this.#verifyOpset(op);
      for (const problem of this.#rules?.problemsOf(op, this.#graph) ?? []) {
        this.#report(CODES["GRA-012"], opLoc(op), problem, op);
      }
    }
  }

  #verifyBlock(block: Block, op: Op, visible: Set<ValueId>): void {
    for (const id of block.params) this.#define(id, visible, opLoc(op));
    this.#verifyOps(block.ops, visible);
    for (const id of block.results) this.#verifyUse(id, visible, opLoc(op), `the end of block "${block.name}"`, op);
  }

  #define(id: ValueId, visible: Set<ValueId>, at: Loc): void {
    visible.add(id);
    if (this.#definedAnywhere.has(id)) {
      this.#report(
        CODES["GRA-001"],
        at,
        `Cannot define "${printValue(this.#graph, id)}" again: something else defines it`,
      );
    }
    this.#definedAnywhere.add(id);
  }

  #verifyUse(id: ValueId, visible: ReadonlySet<ValueId>, at: Loc, user: string, op?: Op): void {
    if (visible.has(id)) return;
    const value = printValue(this.#graph, id);
    const message = `Cannot use "${value}" in ${user}: it is defined later, or in a block that ${user} is not in`;
    this.#report(CODES["GRA-002"], at, message, op);
  }

  #verifyOpset(op: Op): void {
    const imported = this.#graph.opsets.get(op.domain);
    const domain = op.domain === "" ? "ai.onnx" : op.domain;
    if (imported === undefined) {
      this.#report(
        CODES["GRA-003"],
        opLoc(op),
        `Cannot resolve ${qualifiedKind(op)}: domain "${domain}" is not imported`,
        op,
      );
    } else if (op.version > imported) {
      const message = `Cannot use version ${op.version} of ${qualifiedKind(op)}: the graph imports "${domain}" at ${imported}`;
      this.#report(CODES["GRA-003"], opLoc(op), message, op);
    }
  }

  #verifyShape(id: ValueId): void {
    const { shape } = valueOf(this.#graph, id);
    const bad = shape?.find((dim) => (typeof dim === "number" ? dim < 0 || !Number.isInteger(dim) : dim === ""));
    if (bad === undefined) return;
    const type = printType(valueOf(this.#graph, id));
    this.#report(
      CODES["GRA-004"],
      this.#entity(id),
      `Cannot have length "${bad}" in ${type}: lengths are integers from 0 or symbols`,
    );
  }

  #verifyConstant(id: ValueId): void {
    const value = valueOf(this.#graph, id);
    const source = this.#graph.constants.get(id);
    if (source === undefined) return;
    if (printType(value) !== printType(source)) {
      const message = `Cannot give data of type ${printType(source)} to a value of type ${printType(value)}`;
      this.#report(CODES["GRA-005"], this.#entity(id), message);
    } else if (
      source.dtype !== "string" &&
      source.byteLength !== byteLengthOf(source.dtype, elementCount(source.shape))
    ) {
      this.#report(CODES["GRA-005"], this.#entity(id), `Cannot hold ${printType(source)} in ${source.byteLength} B`);
    }
  }

  #verifyOutputNames(): void {
    const names = new Set<string>();
    for (const { name, value } of this.#graph.outputs) {
      if (name === "") this.#report(CODES["GRA-006"], this.#entity(value), "Cannot have an output without a name");
      else if (names.has(name))
        this.#report(CODES["GRA-006"], this.#entity(value), `Cannot have two outputs named "${name}"`);
      names.add(name);
    }
  }

  #entity(id: ValueId): Loc {
    return { kind: "entity", id: printValue(this.#graph, id) };
  }

  #report(code: DiagnosticCode, at: Loc, message: string, op?: Op): void {
    const notes = (op?.loc ?? []).map((node) => ({ message: "made from", at: { kind: "onnx", node } as const }));
    this.#found.push(makeDiagnostic(code, { at, message, notes }));
  }
}

function opLoc(op: Op): Loc {
  return { kind: "entity", id: `op ${op.id}` };
}
