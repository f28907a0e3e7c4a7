/**
 * Brings a canonical graph into the form that a mesh runs (`mesh-form/`) and cuts it into what the host runs before the mesh, what the mesh runs, and what the host runs after it: three graphs whose
 * inputs and outputs match by name. The mesh is entered once and left once; a mesh op that needs a result from after it is refused,
 * with all others like it. Decides by properties of ops and by what lowering supports, never by names.
 */
import { CompileError, makeDiagnostic } from "@waferc/base";
import type { Diagnostic } from "@waferc/base";
import type { Graph, Op, ValueId } from "@waferc/ir/graph";
import { isTensorType, printType, qualifiedKind, readsOf, tensorTypeOf, valueOf } from "@waferc/ir/graph";
import { macsOf } from "@waferc/ops";
import type { StaticType } from "@waferc/ops";
import { CODES } from "../codes.ts";
import { classifyOps } from "./classify.ts";
import type { Classification, MeshSupport, Place } from "./classify.ts";
import { extractPart } from "./extract.ts";
import { toMeshForm } from "./mesh-form/to-mesh-form.ts";

/** An op that the host runs, for reports. */
export interface HostOp {
  /** ONNX node name. */
  readonly node: string;
  readonly op: string;
  readonly when: "before" | "after";
  readonly reason: string;
}

export interface Partition {
  /** From the model's inputs to what the mesh and the host's second part need. */
  readonly pre: Graph;
  readonly mesh: Graph;
  /** From results of `pre` and the mesh to the model's outputs, in their order. */
  readonly post: Graph;
  readonly hostOps: readonly HostOp[];
  readonly meshMacs: number;
  readonly totalMacs: number;
}

/** @throws CompileError PAR-001, PAR-002 with every op that the mesh would have to run, but cannot */
export function partitionGraph(canonical: Graph, support: MeshSupport): Partition {
  const graph = toMeshForm(canonical, support);
  const classes = chooseClasses(graph, support);
  reportStuck(graph, classes);
  const opsAt = (place: Place) => graph.ops.filter((op) => classes.placeOf.get(op) === place);
  const hostOps = (["before", "after"] as const).flatMap((when) =>
    opsAt(when).map((op) => hostOpOf(op, when, classes)),
  );
  const through = opsAt("mesh").length === 0 ? outputsOfHost(graph, classes) : [];
  if (opsAt("mesh").length + through.length === 0) throw new CompileError([nothingForMesh(graph, hostOps)]);
  const macs = (ops: readonly Op[]) => ops.reduce((sum, op) => sum + staticMacs(graph, op), 0);
  const dynamic = graph.ops.filter((op) => classes.placeOf.get(op) !== "constant");
  return { ...cutGraph(graph, classes, through), hostOps, meshMacs: macs(opsAt("mesh")), totalMacs: macs(dynamic) };
}

/** Data movement at the ends of a model is the host's, unless nothing else is left for the mesh. */
function chooseClasses(graph: Graph, support: MeshSupport): Classification {
  const classes = classifyOps(graph, support);
  return [...classes.placeOf.values()].includes("mesh") ? classes : classifyOps(graph, support, true);
}

/** f32 outputs that the host makes from inputs: what a mesh without work passes on, so that every model has a program. */
function outputsOfHost(graph: Graph, { placeOf }: Classification): ValueId[] {
  const made = new Set(graph.inputs);
  for (const op of graph.ops) {
    if (placeOf.get(op) === "before") for (const id of op.results) if (id !== undefined) made.add(id);
  }
  const values = graph.outputs.map(({ value }) => value);
  const isForMesh = (id: ValueId): boolean => valueOf(graph, id).dtype === "f32" && isTensorType(valueOf(graph, id));
  return [...new Set(values)].filter((id) => made.has(id) && isForMesh(id));
}

/** 1 for a model without products. */
export function meshMacShare({ meshMacs, totalMacs }: Partition): number {
  return totalMacs === 0 ? 1 : meshMacs / totalMacs;
}

function cutGraph(
  graph: Graph,
  { placeOf }: Classification,
  through: readonly ValueId[],
): Pick<Partition, "pre" | "mesh" | "post"> {
  const cut = new Cut(graph, placeOf);
  const made = { before: new Set(graph.inputs), mesh: new Set<ValueId>() };
  for (const op of graph.ops) {
    const place = placeOf.get(op);
    if (place !== "before" && place !== "mesh") continue;
    for (const id of op.results) if (id !== undefined) made[place].add(id);
  }
  const outputs = graph.outputs.map(({ value }) => value);
  const [meshNeeds, postNeeds] = [cut.needsOf("mesh", []), cut.needsOf("after", outputs)];
  const intoMesh = [...new Set([...meshNeeds, ...through])].filter((id) => made.before.has(id));
  const fromMesh = [...postNeeds].filter((id) => made.mesh.has(id) || through.includes(id));
  const aroundMesh = [...postNeeds].filter((id) => made.before.has(id) && !through.includes(id));
  const preOutputs = [...new Set([...intoMesh, ...aroundMesh])];
  /** What comes out as it went in has a name of its own. */
  const passed = (named: ReturnType<Cut["named"]>) =>
    named.map(({ name, value }) => ({ name: through.includes(value) ? `${name}/passed` : name, value }));
  const inputs = graph.inputs.map((value) => ({ name: valueOf(graph, value).name, value }));
  return {
    pre: extractPart(graph, {
      name: "pre",
      ops: cut.ops("before", preOutputs),
      inputs,
      outputs: cut.named(preOutputs),
    }),
    mesh: extractPart(graph, {
      name: graph.name,
      ops: cut.ops("mesh", []),
      inputs: cut.named(intoMesh),
      outputs: passed(cut.named(fromMesh)),
    }),
    post: extractPart(graph, {
      name: "post",
      ops: cut.ops("after", outputs),
      inputs: [...cut.named(aroundMesh), ...passed(cut.named(fromMesh))],
      outputs: graph.outputs,
    }),
  };
}

/** Names of values that cross, and the ops of each part with those on constants that it needs. */
class Cut {
  readonly #graph: Graph;
  readonly #placeOf: ReadonlyMap<Op, Place>;
  readonly #producers = new Map<ValueId, Op>();
  readonly #names = new Map<ValueId, string>();
  readonly #taken: Set<string>;

  constructor(graph: Graph, placeOf: ReadonlyMap<Op, Place>) {
    this.#graph = graph;
    this.#placeOf = placeOf;
    for (const op of graph.ops) for (const id of op.results) if (id !== undefined) this.#producers.set(id, op);
    for (const id of graph.inputs) this.#names.set(id, valueOf(graph, id).name);
    this.#taken = new Set(this.#names.values());
  }

  named(ids: readonly ValueId[]): { readonly name: string; readonly value: ValueId }[] {
    return ids.map((value) => ({ name: this.#nameOf(value), value }));
  }

  #nameOf(id: ValueId): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const output = this.#graph.outputs.find(({ value }) => value === id)?.name;
    const node = this.#producers.get(id)?.loc[0] ?? `value_${id}`;
    const wanted = output ?? (valueOf(this.#graph, id).name || node);
    let name = wanted;
    for (let suffix = 1; this.#taken.has(name); suffix++) name = `${wanted}_${suffix}`;
    this.#taken.add(name);
    this.#names.set(id, name);
    return name;
  }

  /** The ops of a part in graph order, with the ops on constants that they, or the outputs, need. */
  ops(place: Place, outputs: readonly ValueId[]): Op[] {
    const chosen = new Set(this.#graph.ops.filter((op) => this.#placeOf.get(op) === place));
    const pending = [...outputs, ...[...chosen].flatMap((op) => readsOf(op))];
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      const producer = this.#producers.get(id);
      if (producer === undefined || chosen.has(producer) || this.#placeOf.get(producer) !== "constant") continue;
      chosen.add(producer);
      pending.push(...readsOf(producer));
    }
    return this.#graph.ops.filter((op) => chosen.has(op));
  }

  /** What a part reads and does not make, constants left out, in order of first use. */
  needsOf(place: Place, outputs: readonly ValueId[]): Set<ValueId> {
    const ops = this.ops(place, outputs);
    const own = new Set(ops.flatMap((op) => op.results));
    const reads = [...ops.flatMap((op) => readsOf(op)), ...outputs];
    return new Set(reads.filter((id) => !own.has(id) && !this.#graph.constants.has(id)));
  }
}

function hostOpOf(op: Op, when: HostOp["when"], { reasonOf }: Classification): HostOp {
  return { node: nodeOf(op), op: qualifiedKind(op), when, reason: `it ${reasonOf.get(op) ?? ""}` };
}

function nodeOf(op: Op): string {
  return op.loc[0] ?? `op ${op.id}`;
}

function staticMacs(graph: Graph, op: Op): number {
  // No op on sequences or optionals contracts.
  if ([...op.operands, ...op.results].some((id) => id !== undefined && !isTensorType(valueOf(graph, id)))) return 0;
  const typesOf = (ids: readonly (ValueId | undefined)[]) =>
    ids.map((id) => (id === undefined ? undefined : (tensorTypeOf(graph, id) as StaticType)));
  return macsOf(op, typesOf(op.operands), typesOf(op.results));
}

function reportStuck(graph: Graph, { stuck, reasonOf, remedyOf }: Classification): void {
  const diagnostics = stuck.map(({ op, needs, cause }): Diagnostic => {
    const types = op.operands.map((id) => (id === undefined ? "_" : printType(valueOf(graph, id))));
    const message =
      `Cannot run ${qualifiedKind(op)} on the mesh: it needs a result of ${qualifiedKind(needs)} "${nodeOf(needs)}", ` +
      "which the host runs after the mesh";
    const reason = reasonOf.get(cause);
    const notes = [
      { message: `operands ${types.join(", ")}` },
      ...(reason === undefined ? [] : [{ message: `${qualifiedKind(cause)} ${reason}`, at: locOf(cause) }]),
    ];
    const remedy = remedyOf.get(cause);
    return makeDiagnostic(CODES["PAR-001"], {
      message,
      at: locOf(op),
      notes,
      help: remedy === undefined ? [] : [remedy],
    });
  });
  if (diagnostics.length > 0) throw new CompileError(diagnostics);
}

function locOf(op: Op): Diagnostic["at"] {
  return { kind: "onnx", node: nodeOf(op) };
}

function nothingForMesh(graph: Graph, hostOps: readonly HostOp[]): Diagnostic {
  return makeDiagnostic(CODES["PAR-002"], {
    message: `Cannot compile "${graph.name}": none of its ${hostOps.length} ops can run on the mesh`,
    at: { kind: "entity", id: "graph" },
    notes: hostOps.map(({ op, node, reason }) => ({
      message: `${op}: ${reason}`,
      at: { kind: "onnx", node } as const,
    })),
  });
}
