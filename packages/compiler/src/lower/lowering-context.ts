/**
 * The state of lowering one graph into one set of groups: what each value has become, which views are materialised, and which tensors have
 * crossed into which group. Rules read operands from it, emit kernels through it and define results in it.
 */
import { invariant } from "@waferc/base";
import type { GroupId, Operand, TensorId } from "@waferc/ir/dataflow";
import type { Graph, Op, ValueId } from "@waferc/ir/graph";
import { isStaticShape, tensorTypeOf, valueOf } from "@waferc/ir/graph";
import { makeTensor } from "@waferc/numerics";
import { evaluateOp } from "@waferc/ops";
import { elementsOf, identityView, isWholeView } from "./affine-view.ts";
import type { AffineView } from "./affine-view.ts";
import { gatherData, readFloats } from "./constant-data.ts";
import type { DataflowBuilder, KernelSpec } from "./dataflow-builder.ts";
import { matrixOf } from "./mesh-value.ts";
import type { ConstantValue, LoweredValue, MeshValue } from "./mesh-value.ts";
import type { WeightStore } from "./weight-store.ts";

export class LoweringContext {
  readonly graph: Graph;
  readonly builder: DataflowBuilder;
  readonly store: WeightStore;
  /** Names of the tensors that the graph exchanges with the host. */
  readonly hostNames: ReadonlySet<string>;
  readonly #values = new Map<ValueId, LoweredValue>();
  readonly #views = new Map<string, TensorId>();
  readonly #crossed = new Map<string, TensorId>();
  readonly #nodes = new Map<ValueId, string>();

  constructor(graph: Graph, builder: DataflowBuilder, store: WeightStore) {
    this.graph = graph;
    this.builder = builder;
    this.store = store;
    const inputs = graph.inputs.map((id) => valueOf(graph, id).name);
    this.hostNames = new Set([...inputs, ...graph.outputs.map(({ name }) => name)]);
    for (const { loc, results } of graph.ops) {
      for (const id of results) if (id !== undefined && loc[0] !== undefined) this.#nodes.set(id, loc[0]);
    }
    for (const id of graph.inputs) {
      const { shape } = tensorTypeOf(graph, id);
      if (isStaticShape(shape) && elementsOf(shape) === 0) this.defineEmpty(id, shape);
    }
    for (const [id, source] of graph.constants) {
      if (!isStaticShape(source.shape)) continue;
      const { name } = valueOf(graph, id);
      const sha256 = source.dtype === "f32" ? source.sha256 : undefined;
      this.#values.set(id, {
        kind: "constant",
        key: `%${id}`,
        name: name || `const_${id}`,
        shape: source.shape,
        sha256,
        read: () => source.read(),
      });
    }
  }

  // Values

  find(id: ValueId): LoweredValue | undefined {
    return this.#values.get(id);
  }

  value(id: ValueId): LoweredValue {
    const value = this.#values.get(id);
    invariant(value !== undefined, `%${id} is lowered before it is used`);
    return value;
  }

  operand(op: Op, index: number): LoweredValue {
    const id = op.operands[index];
    invariant(id !== undefined, `${op.kind} has operand ${index}`);
    return this.value(id);
  }

  /** An operand that the rule's objection has found to be no constant. */
  activation(op: Op, index: number): MeshValue {
    const value = this.operand(op, index);
    invariant(value.kind === "mesh", `operand ${index} of ${op.kind} is on the mesh`);
    return value;
  }

  constant(op: Op, index: number): ConstantValue {
    const value = this.operand(op, index);
    invariant(value.kind === "constant", `operand ${index} of ${op.kind} is a constant`);
    return value;
  }

  define(id: ValueId | undefined, value: LoweredValue): void {
    if (id !== undefined) this.#values.set(id, value);
  }

  /** A value without elements: what reads it skips it. */
  defineEmpty(id: ValueId | undefined, shape: readonly number[] = [0]): void {
    const read = () => makeTensor("f32", shape, new Float32Array(0));
    this.define(id, { kind: "constant", key: `empty ${String(shape)}`, name: this.nameOf(id), shape, read });
  }

  /** Evaluates an op on constants when, and if, somebody reads its results. */
  defineConstants(op: Op): void {
    const operands = op.operands.map((id) => (id === undefined ? undefined : this.value(id)));
    let results: ReturnType<typeof evaluateOp> | undefined;
    const evaluate = () => {
      const tensors = operands.map((value) => (value?.kind === "constant" ? value.read() : undefined));
      return (results ??= evaluateOp(op, tensors));
    };
    for (const [index, id] of op.results.entries()) {
      if (id === undefined) continue;
      const { shape } = tensorTypeOf(this.graph, id);
      invariant(isStaticShape(shape), `%${id} has a static shape`);
      const read = () => {
        const tensor = evaluate()[index];
        invariant(tensor !== undefined, `${op.kind} makes result ${index}`);
        return tensor;
      };
      this.define(id, { kind: "constant", key: `%${id}`, name: this.nameOf(id), shape, read });
    }
  }

  /** The value's ONNX name; without one, the name of the node that makes it. */
  nameOf(id: ValueId | undefined): string {
    if (id === undefined) return "";
    return valueOf(this.graph, id).name || (this.#nodes.get(id) ?? `value_${id}`);
  }

  // Activations

  /** The mesh tensor that holds the value's elements as the matrix of its shape, in the present group. */
  materialize(value: MeshValue): TensorId {
    const base = this.bring(value.base);
    const tensor = this.builder.tensor(base);
    const { view } = value;
    const isSameMatrix = String(matrixOf(tensor.shape)) === String(matrixOf(view.shape));
    if (isSameMatrix && isWholeView(view, elementsOf(tensor.shape))) return base;
    const key = `${base} ${JSON.stringify(view)}`;
    let id = this.#views.get(key);
    if (id === undefined) {
      const params = { shape: view.shape, strides: view.strides, offset: view.offset };
      const spec = { template: "move.view", operands: [tensorOperand(base)], params };
      const outer = this.builder.loc;
      this.builder.loc = value.movedBy ?? outer;
      id = this.builder.emit(spec, { name: `${tensor.name}/view`, shape: view.shape });
      this.builder.loc = outer;
      this.#views.set(key, id);
      this.builder.viewKernels.add(this.builder.kernels.length - 1);
    }
    return id;
  }

  /** The value after a change of view, if that is affine; else of the materialised value. */
  reviewed(value: MeshValue, change: (view: AffineView) => AffineView | undefined): MeshValue {
    const view = change(value.view);
    if (view !== undefined) return { ...value, view };
    const base = this.materialize(value);
    const again = change(identityView(value.view.shape));
    invariant(again !== undefined, "a change of view is affine on a whole tensor");
    return { kind: "mesh", base, view: again };
  }

  /** The whole of a tensor, seen under a shape. */
  whole(tensor: TensorId, shape: readonly number[] = this.builder.tensor(tensor).shape): MeshValue {
    return { kind: "mesh", base: tensor, view: identityView(shape) };
  }

  /** Emits a kernel and defines it as a result of the op, under the result's shape. */
  emitResult(op: Op, spec: KernelSpec, shape?: readonly number[], index = 0): void {
    const id = op.results[index];
    invariant(id !== undefined, `${op.kind} has result ${index}`);
    const type = tensorTypeOf(this.graph, id);
    invariant(isStaticShape(type.shape), `%${id} has a static shape`);
    const tensor = this.builder.emit(spec, { name: this.nameOf(id), shape: shape ?? type.shape });
    this.define(id, this.whole(tensor, type.shape));
  }

  /** The tensor in the present group; from another group it comes over a flow, once. */
  bring(tensor: TensorId): TensorId {
    const { group: to } = this.builder;
    const { group: from, name, shape } = this.builder.tensor(tensor);
    if (from === to) return tensor;
    const key = `${tensor} ${to}`;
    let id = this.#crossed.get(key);
    if (id === undefined) {
      const ends = { from: { kind: "group", group: from }, to: { kind: "group", group: to } } as const;
      const flow = this.builder.flow({ name, ...ends, shape });
      this.#inGroup(from, () =>
        this.builder.emitSink({ template: "io.egress", operands: [tensorOperand(tensor)], flow }),
      );
      id = this.builder.emit({ template: "io.ingress", operands: [], flow }, { name, shape });
      this.#crossed.set(key, id);
    }
    return id;
  }

  #inGroup(group: GroupId, emit: () => void): void {
    const outer = this.builder.group;
    this.builder.group = group;
    emit();
    this.builder.group = outer;
  }

  // Constants

  /** A constant as a matrix: `view` picks its elements, the view's shape is seen as rows and columns. */
  weight(constant: ConstantValue, view: AffineView): ReturnType<WeightStore["intern"]> {
    const [rows, cols] = matrixOf(view.shape);
    const isWhole = isWholeView(view, elementsOf(constant.shape));
    return this.store.intern({
      key: isWhole ? constant.key : `${constant.key} ${JSON.stringify(view)}`,
      name: constant.name,
      rows,
      cols,
      sha256: isWhole ? constant.sha256 : undefined,
      read: () => (isWhole ? readFloats(constant) : gatherData(readFloats(constant), view)),
    });
  }

  /** A constant operand in the default sharding of the view's matrix. */
  weightOperand(constant: ConstantValue, view: AffineView): Operand {
    return this.builder.weight(this.weight(constant, view), this.builder.sharding(view.shape));
  }
}

export function tensorOperand(tensor: TensorId): Operand {
  return { kind: "tensor", tensor };
}
