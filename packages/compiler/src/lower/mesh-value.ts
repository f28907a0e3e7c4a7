/** What a graph value is while its graph is lowered: a view of a tensor on the mesh, or a constant. */
import type { TensorId } from "@waferc/ir/dataflow";
import type { Tensor } from "@waferc/numerics";
import type { AffineView } from "./affine-view.ts";

export interface MeshValue {
  readonly kind: "mesh";
  readonly base: TensorId;
  /** Elements of the base tensor that the value has. */
  readonly view: AffineView;
  /** Nodes of data movement that have made the view; absent where the tensor is seen as it is. */
  readonly movedBy?: readonly string[];
}

export interface ConstantValue {
  readonly kind: "constant";
  /** Names the data: a value of the graph. */
  readonly key: string;
  readonly name: string;
  readonly shape: readonly number[];
  /** Digest of the row-major f32 data, where somebody knows it. */
  readonly sha256?: string | undefined;
  read(): Tensor;
}

export type LoweredValue = MeshValue | ConstantValue;

export function shapeOf(value: LoweredValue): readonly number[] {
  return value.kind === "mesh" ? value.view.shape : value.shape;
}

/** Rows and columns of a shape seen as a matrix. */
export function matrixOf(shape: readonly number[]): readonly [rows: number, cols: number] {
  return [shape.slice(0, -1).reduce((product, length) => product * length, 1), shape.at(-1) ?? 1];
}
