/**
 * A canonical graph on its way to what a mesh can run: ops that lowering has no kernel for are expressed by others that it has (`convolution.ts`, `indexing.ts`,
 * `quantization.ts`, `experts.ts`). What stands for an op carries its location. Types of new values come from the op table.
 */
import { invariant } from "@waferc/base";
import { GraphBuilder, isStaticShape, sourceOf } from "@waferc/ir/graph";
import type { Attr, Graph, Op, ValueId } from "@waferc/ir/graph";
import { tensorOf } from "@waferc/numerics";
import type { DType, Tensor } from "@waferc/numerics";
import { inferOp, opTable } from "@waferc/ops";

/** Constants that decide shapes are small; no other is read here. */
const SHAPE_BYTES = 4096;

export class MeshForm {
  readonly graph: GraphBuilder;
  #loc: readonly string[] = [];

  constructor(graph: Graph) {
    this.graph = GraphBuilder.from(graph);
  }

  /** Ops that are emitted from now on stand for this one. */
  standFor(op: Op): void {
    this.#loc = op.loc;
  }

  /** The first result of an op in its newest version. */
  emit(kind: string, operands: readonly (ValueId | undefined)[], attrs: Readonly<Record<string, Attr>> = {}): ValueId {
    const version = opTable.get(kind)?.versions.at(-1);
    invariant(version !== undefined, `${kind} is in the op table`);
    const op = { domain: "", kind, version, attrs: new Map(Object.entries(attrs)) };
    const types = operands.map((id) => (id === undefined ? undefined : this.graph.value(id)));
    const constants = operands.map((id) => this.#small(id));
    const [type = {}] = inferOp({ ...op, results: [undefined] }, types, constants);
    return this.graph.emit({ ...op, operands, loc: this.#loc, from: "mesh-form" }, type);
  }

  /** Lets values take the place of an op's results, and removes it if nothing else needs it. */
  replace(op: Op, results: readonly (ValueId | undefined)[]): void {
    for (const [index, id] of results.entries()) {
      const old = op.results[index];
      if (old !== undefined && id !== undefined) this.graph.replaceUses(old, id);
    }
    const isNeeded = op.results.some((id) => id !== undefined && this.graph.hasUses(id));
    if (!isNeeded) this.graph.eraseOp(op.id);
  }

  floats(data: readonly number[], shape: readonly number[] = []): ValueId {
    return this.constant(tensorOf("f32", shape, data));
  }

  integers(data: readonly number[]): ValueId {
    return this.constant(tensorOf("i64", [data.length], data));
  }

  constant(tensor: Tensor): ValueId {
    return this.graph.addConstant("mesh_form", sourceOf(tensor));
  }

  reshape(id: ValueId, shape: readonly number[]): ValueId {
    return this.emit("Reshape", [id, this.integers(shape)]);
  }

  /** Lengths of a value; undefined if it has none or not all are known. */
  shapeOf(id: ValueId | undefined): readonly number[] | undefined {
    const shape = id === undefined ? undefined : this.graph.value(id).shape;
    return shape !== undefined && isStaticShape(shape) ? shape : undefined;
  }

  dtypeOf(id: ValueId | undefined): DType | undefined {
    return id === undefined ? undefined : this.graph.value(id).dtype;
  }

  /** Whether a value follows from constants alone. */
  isConstant(id: ValueId | undefined): boolean {
    if (id === undefined) return false;
    if (this.graph.constants.has(id)) return true;
    const producer = this.graph.producer(id);
    return (
      producer !== undefined &&
      producer.operands.length > 0 &&
      producer.operands.every((read) => read === undefined || this.isConstant(read))
    );
  }

  #small(id: ValueId | undefined): Tensor | undefined {
    const source = this.graph.constant(id);
    return source === undefined || source.byteLength > SHAPE_BYTES ? undefined : source.read();
  }
}
