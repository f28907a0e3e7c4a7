// Public surface of @waferc/compiler.
export { CODES } from "./codes.ts";
export { CountedStats, defaultOptions } from "./pass.ts";
export type {
  Level,
  LevelNouns,
  NoOptions,
  Noun,
  OptionTable,
  Pass,
  PassContext,
  PassOption,
  PassStats,
  Property,
} from "./pass.ts";

// Passes
export { bindDims, dimsOfInputs, modelDims } from "./passes/bind-dims.ts";
export type { BindDimsOptions, ModelDim } from "./passes/bind-dims.ts";
export { canonicalizePasses, graphPasses, runPasses } from "./passes/canonicalize.ts";
export type { GraphPass, PipelineEntry } from "./passes/canonicalize.ts";
export { inferShapes } from "./passes/infer-shapes.ts";
export { controlInputs, pinInputs } from "./passes/pin-inputs.ts";
export type { PinInputsOptions } from "./passes/pin-inputs.ts";

// Partition and lower
export { meshMacShare, partitionGraph } from "./partition/partition.ts";
export type { HostOp, Partition } from "./partition/partition.ts";
export type { MeshSupport } from "./partition/classify.ts";
export { lowerToDataflow } from "./lower/lower.ts";
export type { Lowered, LowerOptions } from "./lower/lower.ts";
export { loweredKinds, meshSupport } from "./lower/rule-table.ts";
export type { WeightData } from "./lower/weight-store.ts";

// Assemble
export { assembleProgram } from "./assemble/assemble.ts";
export type { Assembled } from "./assemble/assemble.ts";
export type { CodeMemory, MemoryUser } from "./memory-report.ts";

// Place and route
export { placeDataflow, placementAlgorithms } from "./place/place.ts";
export type { PlaceOptions } from "./place/place.ts";
export type { PlacementAlgorithm, PlacementConstraints, PlacementProblem } from "./place/placement-algorithm.ts";
export { routeLayout, routingAlgorithms } from "./route/route.ts";
export type { RoutingAlgorithm } from "./route/routing-algorithm.ts";
