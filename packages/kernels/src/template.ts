/**
 * What a kernel template is: a recipe that implements an op on a region of cores. It says which sharding it produces, which channels it
 * uses, and emits core code. Memory and cycles are not claimed by the template: they are read off the emitted code
 * (`emit/estimate.ts`, and the allocator of `assemble`), so that they cannot disagree with it.
 */
import type { ChannelKind } from "@waferc/ir/layout";
import type { Kernel, MeshTensor, Sharding } from "@waferc/ir/dataflow";
import type { CodeBuilder } from "./emit/code-builder.ts";

export interface RegionShape {
  readonly width: number;
  readonly height: number;
}

export interface KernelTemplate {
  /** `family.name`, as it stands in dumps. */
  readonly name: string;
  readonly summary: string;
  /** Channels the emitted code uses in a region of this shape. */
  channels(kernel: Kernel, region: RegionShape): readonly ChannelKind[];
  /**
   * Shardings of the results, given the operands' (tensor operands: their sharding; weights: theirs; scalars: undefined) and the results' shapes.
   */
  shardResults(
    kernel: Kernel,
    operands: readonly (Sharding | undefined)[],
    shapes: readonly (readonly number[])[],
    region: RegionShape,
  ): readonly Sharding[];
  /** Emits the code of one kernel for the builder's role (the region's root core, or any other core). */
  emit(kernel: Kernel, tensors: readonly MeshTensor[], b: CodeBuilder): void;
}
