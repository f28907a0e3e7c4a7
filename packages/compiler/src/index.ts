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
export { pinInputs } from "./passes/pin-inputs.ts";
export type { PinInputsOptions } from "./passes/pin-inputs.ts";

// Assemble
export { assembleProgram } from "./assemble/assemble.ts";
export type { Assembled } from "./assemble/assemble.ts";
export type { CodeMemory, MemoryUser } from "./memory-report.ts";

// Place and route
export { placeDataflow, placementAlgorithms } from "./place/place.ts";
export type { PlaceOptions } from "./place/place.ts";
export type { PlacementAlgorithm } from "./place/placement-algorithm.ts";
export type { PlacementOptions, PlacementProblem } from "./place/placement-problem.ts";
export { routeLayout, routingAlgorithms } from "./route/route.ts";
export type { RoutingAlgorithm } from "./route/routing-algorithm.ts";
