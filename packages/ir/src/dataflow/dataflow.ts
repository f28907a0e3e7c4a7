/**
 * The dataflow noun: kernels with their templates, shardings and region sizes, in schedule order, and the flows between groups and the
 * host. Target-aware, not yet placed. A group is a set of kernels that run one after the other on the same cores (one region).
 * Repeated layers appear once, in a loop whose weights are listed per iteration.
 */

export type GroupId = number;
export type TensorId = number;
export type WeightId = number;
export type KernelId = number;
export type FlowId = number;

/**
 * One dimension of a 2-D tensor, cut into blocks of `block` elements. Block b lies at mesh coordinate b of `axis` (x: column of the
 * region, y: row of the region); with `none` the dimension is whole on every core and `block == extent`. The last block may
 * be ragged, later ones empty; local buffers always have room for a full block.
 */
export interface BlockedDim {
  readonly extent: number;
  readonly block: number;
  readonly axis: "x" | "y" | "none";
}

/**
 * How a tensor is split over a region. Any tensor is seen as a matrix: rows = product of all dimensions but the last, cols = the last (a scalar is
 * 1x1). An axis that neither dimension uses replicates. Local buffer: rows.block x cols.block, row-major.
 */
export interface Sharding {
  readonly rows: BlockedDim;
  readonly cols: BlockedDim;
}

export interface Group {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

export interface MeshTensor {
  /** ONNX value name, or the name lowering gave it. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly group: GroupId;
  readonly sharding: Sharding;
}

/** A constant matrix as the mesh sees it (already transposed, broadcast or negated as the kernels want it). f32. */
export interface WeightTensor {
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
  readonly sha256: string;
}

export type Operand =
  | { readonly kind: "tensor"; readonly tensor: TensorId }
  /** `weights` has one entry, or inside a loop one for each iteration; all of the same size. */
  | { readonly kind: "weight"; readonly weights: readonly WeightId[]; readonly sharding: Sharding }
  | { readonly kind: "scalar"; readonly value: number };

export type ParamValue = number | string | boolean | readonly number[];

export interface Kernel {
  readonly template: string;
  readonly group: GroupId;
  readonly operands: readonly Operand[];
  readonly results: readonly TensorId[];
  readonly params: ReadonlyMap<string, ParamValue>;
  /** The flow an `ingress` kernel reads or an `egress` kernel writes. */
  readonly flow?: FlowId;
  /** ONNX node names. */
  readonly loc: readonly string[];
}

export type Step = { readonly kind: "kernel"; readonly kernel: KernelId } | LoopStep;

/**
 * Runs `body` `count` times. Before the first iteration each carried tensor `into` = `initial`; after each iteration `into` =
 * `next`. Kernels of the body read `into`; kernels after the loop read `into` or any tensor the last iteration made.
 */
export interface LoopStep {
  readonly kind: "loop";
  readonly count: number;
  readonly body: readonly KernelId[];
  readonly carried: readonly { readonly into: TensorId; readonly initial: TensorId; readonly next: TensorId }[];
  readonly group: GroupId;
}

/** A tensor that crosses from the host to a group, from one group to another, or to the host; rows x cols in row-major order. */
export interface Flow {
  readonly name: string;
  readonly from:
    { readonly kind: "host"; readonly tensor: string } | { readonly kind: "group"; readonly group: GroupId };
  readonly to: { readonly kind: "host"; readonly tensor: string } | { readonly kind: "group"; readonly group: GroupId };
  readonly shape: readonly number[];
  /** Tensors of the host that pass one after the other, where they are several; each has a kernel of its own at the other end, in their order. */
  readonly parts?: readonly FlowPart[];
}

export interface FlowPart {
  readonly tensor: string;
  readonly shape: readonly number[];
}

export interface Dataflow {
  readonly name: string;
  readonly machine: { readonly name: string; readonly sha256: string; readonly width: number; readonly height: number };
  readonly groups: readonly Group[];
  readonly tensors: readonly MeshTensor[];
  readonly weights: readonly WeightTensor[];
  readonly kernels: readonly Kernel[];
  readonly steps: readonly Step[];
  readonly flows: readonly Flow[];
}
