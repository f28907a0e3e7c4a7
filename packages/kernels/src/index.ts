/** Public surface of @waferc/kernels: the template table, default shardings, and code emission. */
export { findTemplate, templates } from "./registry.ts";
export type { KernelTemplate, RegionShape } from "./template.ts";
export { defaultSharding, matrixShape } from "./sharding.ts";
export { emitGroup } from "./emit/emit-group.ts";
export type { EmittedCode, Role, VirtualBuffer } from "./emit/code-builder.ts";
export { estimateGroup, type GroupEstimate } from "./emit/estimate.ts";
export { BINARY_FUNCTIONS } from "./templates/elementwise/binary.ts";
export { UNARY_FUNCTIONS } from "./templates/elementwise/unary.ts";
