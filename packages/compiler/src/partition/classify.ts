/**
 * Where each op of a graph runs: before the mesh (on the host), on the mesh, or after it (on the host). The mesh takes every op on float32
 * activations that lowering can lower, and on truth values that follow from such or meet them; the host takes what reads or makes anything else (token
 * ids, padding masks, argmax), arithmetic on masks that such an op needs, and data movement at either end. Ops on constants only stay with their readers, to be evaluated at compile time.
 */
import type { Graph, Op, ValueId, ValueType } from "@waferc/ir/graph";
import { blocksOf, isTensorType, printType, qualifiedKind, readsOf, valueOf } from "@waferc/ir/graph";
import { findOp } from "@waferc/ops";
import type { OpTrait } from "@waferc/ops";

/** What lowering says about ops. */
export interface MeshSupport {
  /** Why the op cannot be lowered, as the rest of "it ..."; undefined if it can. */
  objectionTo(op: Op, graph: Graph): string | undefined;
}

export type Place = "constant" | "before" | "mesh" | "after";

export interface Classification {
  readonly placeOf: ReadonlyMap<Op, Place>;
  /** Why an op that computes is not on the mesh. */
  readonly reasonOf: ReadonlyMap<Op, string>;
  /** What would bring an op of the host to the mesh, as a sentence without an end. */
  readonly remedyOf: ReadonlyMap<Op, string>;
  readonly stuck: readonly Stuck[];
}

/** An op of the mesh that needs a result of an op that runs after it. */
export interface Stuck {
  readonly op: Op;
  readonly needs: Op;
  /** The op that keeps `needs` from the mesh: `needs` itself, or one that it waits for. */
  readonly cause: Op;
}

/** @param keepsMovement whether data movement stays on the mesh also at its ends */
export function classifyOps(graph: Graph, support: MeshSupport, keepsMovement = false): Classification {
  return new Classifier(graph, support, keepsMovement).classify();
}

/** Why the host must run an op, as the rest of "it ..", and what would change that. */
interface Objection {
  readonly reason: string;
  readonly remedy: string;
}

class Classifier {
  readonly #graph: Graph;
  readonly #support: MeshSupport;
  readonly #keepsMovement: boolean;
  readonly #places = new Map<Op, Place>();
  readonly #reasons = new Map<Op, string>();
  readonly #remedies = new Map<Op, string>();
  readonly #producers = new Map<ValueId, Op>();
  readonly #masks = new Map<ValueId, boolean>();
  readonly #users = new Map<ValueId, Op[]>();
  readonly #stuck: Stuck[] = [];
  /** Of ops after the mesh that wait for another such op: the first of them. */
  readonly #causes = new Map<Op, Op>();

  constructor(graph: Graph, support: MeshSupport, keepsMovement: boolean) {
    this.#graph = graph;
    this.#support = support;
    this.#keepsMovement = keepsMovement;
    for (const op of graph.ops) {
      for (const id of op.results) if (id !== undefined) this.#producers.set(id, op);
      for (const id of new Set(readsOf(op))) this.#users.set(id, [...(this.#users.get(id) ?? []), op]);
    }
  }

  classify(): Classification {
    for (const op of this.#graph.ops) this.#places.set(op, this.#placeOf(op));
    for (const op of this.#graph.ops.toReversed()) this.#moveToEnd(op);
    return { placeOf: this.#places, reasonOf: this.#reasons, remedyOf: this.#remedies, stuck: this.#stuck };
  }

  #placeOf(op: Op): Place {
    const reads = readsOf(op).map((id) => this.#placeOfValue(id));
    if (reads.every((place) => place === "constant") && blocksOf(op).length === 0 && op.operands.length > 0) {
      return "constant";
    }
    const objection = this.#objectionTo(op);
    const isLogic = !reads.includes("mesh") && this.#isLogic(op);
    const needs = readsOf(op)
      .map((id) => this.#producers.get(id))
      .find((producer) => producer !== undefined && this.#places.get(producer) === "after");
    if (objection !== undefined) {
      this.#reasons.set(op, objection.reason);
      this.#remedies.set(op, objection.remedy);
      const isLate = needs !== undefined || (reads.includes("mesh") && !this.#pullBack(op));
      return isLate ? "after" : "before";
    }
    if (isLogic && needs === undefined) {
      this.#reasons.set(op, "makes truth values without the mesh");
      return "before";
    }
    if (needs !== undefined) {
      const cause = this.#causes.get(needs) ?? needs;
      this.#causes.set(op, cause);
      if (isMovement(op)) this.#reasons.set(op, "only moves data, away from the mesh");
      else this.#stuck.push({ op, needs, cause });
      return "after";
    }
    if (!this.#keepsMovement && isMovement(op) && !reads.includes("mesh")) {
      this.#reasons.set(op, "only moves data, away from the mesh");
      return "before";
    }
    return "mesh";
  }

  #placeOfValue(id: ValueId): Place {
    if (this.#graph.constants.has(id)) return "constant";
    const producer = this.#producers.get(id);
    return producer === undefined ? "before" : (this.#places.get(producer) ?? "before");
  }

  /** Whether an op makes truth values of truth values and integers. */
  #isLogic(op: Op): boolean {
    const isBool = (id: ValueId | undefined) => id !== undefined && valueOf(this.#graph, id).dtype === "bool";
    const reads = op.operands.filter((id) => id !== undefined && this.#placeOfValue(id) !== "constant");
    return op.results.every((id) => id === undefined || isBool(id)) && reads.every(isBool);
  }

  #objectionTo(op: Op): Objection | undefined {
    const kind = qualifiedKind(op);
    if (findOp(op.domain, op.kind, op.version) === undefined) {
      return {
        reason: `has no definition of ${kind}`,
        remedy: `export the model without ${kind} (docs/ops.md lists what is known)`,
      };
    }
    if (blocksOf(op).length > 0) {
      return {
        reason: "holds blocks",
        remedy: "make what decides its condition or trip count constant, or pin it (--pin)",
      };
    }
    const made = op.results.flatMap((id) => (id === undefined ? [] : (foreignType(valueOf(this.#graph, id)) ?? [])));
    const read = op.operands.flatMap((id) => {
      if (id === undefined || this.#placeOfValue(id) === "constant") return [];
      return foreignType(valueOf(this.#graph, id)) ?? [];
    });
    const [foreign] = [...made.map((type) => `makes ${type}`), ...read.map((type) => `reads ${type}`)];
    if (foreign !== undefined) {
      const remedy = `compute what ${kind} needs from the model's inputs alone, which the host does before the mesh, or use its results only after the mesh`;
      return { reason: `${foreign}, and the mesh computes in f32`, remedy };
    }
    const reason = this.#support.objectionTo(op, this.#graph);
    const remedy = `write ${kind} by ops and parameters that lowering has rules for (packages/compiler/src/lower/rules), or add a rule (docs/adding/kernel.md)`;
    return reason === undefined ? undefined : { reason, remedy };
  }

  /** Moves the ops of the mesh that an op of the host needs before the mesh, if all they do is arithmetic on masks; says whether it did. */
  #pullBack(op: Op): boolean {
    if (!readsOf(op).every((id) => this.#isMask(id))) return false;
    const pending = readsOf(op);
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      const producer = this.#producers.get(id);
      if (producer === undefined || this.#places.get(producer) !== "mesh") continue;
      this.#places.set(producer, "before");
      this.#reasons.set(producer, `makes a mask for ${qualifiedKind(op)}, which runs on the host`);
      pending.push(...readsOf(producer));
    }
    return true;
  }

  /** Whether a value follows from constants, and inputs that are no floats, without products of matrices and lookups in tables. */
  #isMask(id: ValueId): boolean {
    const known = this.#masks.get(id);
    if (known !== undefined) return known;
    const producer = this.#producers.get(id);
    const isLookup = producer !== undefined && isMovement(producer) && this.#isConstant(producer.operands[0]);
    const isHeavy = producer !== undefined && hasTrait(producer, "contraction");
    const isMask =
      producer === undefined
        ? this.#graph.constants.has(id) || valueOf(this.#graph, id).dtype !== "f32"
        : !isLookup && !isHeavy && readsOf(producer).every((read) => this.#isMask(read));
    this.#masks.set(id, isMask);
    return isMask;
  }

  #isConstant(id: ValueId | undefined): boolean {
    return id !== undefined && this.#placeOfValue(id) === "constant";
  }

  /** Data movement whose results only the host reads needs no mesh. */
  #moveToEnd(op: Op): void {
    if (this.#keepsMovement || this.#places.get(op) !== "mesh" || !isMovement(op)) return;
    const users = op.results.flatMap((id) => (id === undefined ? [] : (this.#users.get(id) ?? [])));
    if (users.some((user) => this.#places.get(user) !== "after")) return;
    this.#places.set(op, "after");
    this.#reasons.set(op, "only moves data, away from the mesh");
  }
}

function isMovement(op: Op): boolean {
  return hasTrait(op, "movement");
}

function hasTrait(op: Op, trait: OpTrait): boolean {
  return findOp(op.domain, op.kind, op.version)?.definition.traits.includes(trait) ?? false;
}

/** What keeps values of a type away from the mesh. */
function foreignType(type: ValueType): string | undefined {
  if (!isTensorType(type)) return printType(type);
  return type.dtype === "f32" || type.dtype === "bool" ? undefined : String(type.dtype);
}
