// Public surface of @waferc/sim.
export { CODES } from "./codes.ts";
export { DeadlockError, ProgramFault, RunStopped } from "./fault.ts";
export type { BlockedThread, CorePlace, FaultCode, StuckQueue, UnfinishedStream, WaitCause } from "./fault.ts";
export { FastSession, simulateFast } from "./fast/session.ts";
export { FastProgram } from "./fast/program.ts";
export type { FastOptions, FastResult, FastRunOptions } from "./fast/session.ts";
export { loadImage } from "./image.ts";
export type { Image, ImageOptions } from "./image.ts";
export { STALL_CAUSES } from "./ledger.ts";
export type { CoreCycles, KernelCycles, Ledger, PathKind, PathStretch, StallCause, StallCycles } from "./ledger.ts";
export { simulateCycle } from "./cycle/engine.ts";
export type { CycleOptions, CycleResult } from "./cycle/engine.ts";
export { ProgramState } from "./state.ts";
export { simulateUntimed } from "./untimed/engine.ts";
export type { EngineName, RunOptions, RunProgress, RunResult } from "./run.ts";
