// Model-local functions: found by domain, name and overload, measured before anything is built from them. Every use becomes ops in
// place (decision 0009), so what counts is how much all uses together make, how deep they call each other, and that none
// calls itself. Sizes are added up over the calls, never by expanding them: a file of 3 kB can call for 2^100 ops.
import { topologicalSort, type DiagnosticSink } from "@waferc/base";
import { graphsOf } from "./attribute.ts";
import { CODES } from "./codes.ts";
import { normalDomain, readImports, type Opsets } from "./opset.ts";
import type { FunctionProto, GraphProto, ModelProto, NodeProto } from "./proto.ts";

/** Nodes that all uses of functions may make together; exporters' largest models have some ten thousand. */
export const MAX_INLINED_NODES = 100_000;
/** Calls and nested graphs inside each other; onnx.checker stops at 100 calls. */
export const MAX_CALL_DEPTH = 100;
const MAX_FUNCTIONS = 10_000;

export interface LocalFunction {
  /** `domain::name`, and the overload if there is one. */
  readonly id: string;
  readonly proto: FunctionProto;
  /** The model's imports, and over them the function's own: they decide which version of an operator its nodes mean. */
  readonly opsets: Opsets;
  /** What the function itself imports. */
  readonly imports: Opsets;
}

interface Named {
  readonly domain?: string;
  readonly overload?: string;
}

const keyOf = (named: Named, name: string): string =>
  JSON.stringify([normalDomain(named.domain), name, named.overload ?? ""]);

export class FunctionTable {
  readonly all: readonly LocalFunction[];
  readonly #byKey = new Map<string, LocalFunction>();
  /** Functions whose name another has already. */
  readonly repeated: readonly LocalFunction[];

  constructor(model: ModelProto, opsets: Opsets) {
    const repeated: LocalFunction[] = [];
    this.all = (model.functions ?? []).map((proto) => {
      const imports = readImports(proto.opsetImport ?? []);
      const one = { id: describeFunction(proto), proto, imports, opsets: new Map([...opsets, ...imports]) };
      const key = keyOf(proto, proto.name ?? "");
      if (this.#byKey.has(key)) repeated.push(one);
      else this.#byKey.set(key, one);
      return one;
    });
    this.repeated = repeated;
  }

  /** The function that a node calls; a function wins over a built-in operator of its name. */
  find(node: NodeProto): LocalFunction | undefined {
    return this.#byKey.size === 0 ? undefined : this.#byKey.get(keyOf(node, node.opType ?? ""));
  }

  /** Functions that the graph uses, directly or through others. */
  usedBy(graph: GraphProto): ReadonlySet<LocalFunction> {
    const used = new Set<LocalFunction>(this.#callsOf(graph.node ?? []));
    for (const one of used) for (const callee of this.#callsOf(one.proto.node ?? [])) used.add(callee);
    return used;
  }

  /**
   * Reports functions that call themselves (ONX-014) and what is over budget (ONX-105).
   * False if the graph must not be built.
   */
  measure(graph: GraphProto, diag: DiagnosticSink): boolean {
    if (this.all.length === 0) return true;
    if (this.all.length > MAX_FUNCTIONS) {
      overBudget(diag, `Cannot use ${this.all.length} functions: at most ${MAX_FUNCTIONS} are read`);
      return false;
    }
    const index = new Map(this.all.map((one, i) => [one, i]));
    const callees = this.all.map((one) => this.#callsOf(one.proto.node ?? []).map((callee) => index.get(callee) ?? 0));
    const sorted = topologicalSort(this.all.length, (i) => callees[i] ?? []);
    if (sorted.kind === "cycle") {
      const names = sorted.cycle.map((i) => `"${this.all[i]?.id ?? ""}"`);
      const circle = [...names.slice(0, 20), ...names.slice(0, 1)].join(" calls ");
      const message = `Cannot inline functions that call themselves: ${circle}`;
      diag.report(CODES["ONX-014"], { message, at: functionPlace(this.all[sorted.cycle[0] ?? 0]?.id ?? "") });
      return false;
    }
    const extents = new Map<LocalFunction, Extent>();
    for (const i of sorted.order.toReversed()) {
      const one = this.all[i];
      if (one !== undefined) extents.set(one, this.#extentOf(one.proto.node ?? [], extents));
    }
    const { nodes, depth } = this.#extentOf(graph.node ?? [], extents);
    if (depth > MAX_CALL_DEPTH) {
      overBudget(
        diag,
        `Cannot inline functions that call each other ${depth} deep: at most ${MAX_CALL_DEPTH} are read`,
      );
    }
    const most = MAX_INLINED_NODES + (graph.node?.length ?? 0);
    if (nodes > most) {
      const amount = nodes > Number.MAX_SAFE_INTEGER ? "more than 2^53" : String(nodes);
      overBudget(diag, `Cannot inline functions into ${amount} nodes: at most ${most} are made`);
    }
    return depth <= MAX_CALL_DEPTH && nodes <= most;
  }

  #callsOf(nodes: readonly NodeProto[]): LocalFunction[] {
    const calls: LocalFunction[] = [];
    for (const node of nodes) {
      const callee = this.find(node);
      if (callee !== undefined) calls.push(callee);
      for (const graph of graphsOf(node.attribute)) calls.push(...this.#callsOf(graph.node ?? []));
    }
    return [...new Set(calls)];
  }

  /** What nodes come to with every call expanded. A graph that a call hands to its function counts once for each call there. */
  #extentOf(nodes: readonly NodeProto[], extents: ReadonlyMap<LocalFunction, Extent>): Extent {
    let total = 0;
    let deepest = 0;
    for (const node of nodes) {
      const callee = this.find(node);
      const call = callee === undefined ? undefined : extents.get(callee);
      let inner = { nodes: 1, depth: 0 };
      for (const graph of graphsOf(node.attribute)) {
        const extent = this.#extentOf(graph.node ?? [], extents);
        inner = { nodes: inner.nodes + extent.nodes, depth: Math.max(inner.depth, extent.depth + 1) };
      }
      // Graphs in the attributes of a call are built wherever the function refers to them.
      const uses = call === undefined ? 1 : Math.max(1, call.nodes);
      total += inner.nodes * uses;
      deepest = Math.max(deepest, inner.depth + (call === undefined ? 0 : call.depth + 1));
    }
    return { nodes: total, depth: deepest };
  }
}

interface Extent {
  readonly nodes: number;
  readonly depth: number;
}

export function functionPlace(id: string): { readonly kind: "entity"; readonly id: string } {
  return { kind: "entity", id: `function "${id}"` };
}

function describeFunction({ domain, name, overload }: FunctionProto): string {
  return `${domain ?? ""}::${name ?? ""}${overload ? `:${overload}` : ""}`;
}

function overBudget(diag: DiagnosticSink, message: string): void {
  diag.report(CODES["ONX-105"], { message, at: { kind: "argument", name: "MODEL" } });
}
