// Runs the phases of a compile over a state: from a model or a dump, to any phase. Each result is verified; dumps are written on request.
import {
  CompileError,
  DiagnosticSink,
  InternalError,
  printDiagnostic,
  printLoc,
  Rng,
  type Diagnostic,
} from "@waferc/base";
import type { ExternalFiles } from "../data/external.ts";
import { PHASE_NAMES, phaseNumber, type CompileState, type PhaseName } from "./compile-state.ts";
import { writeDump, type ResumedDump } from "./dump.ts";
import { PHASES, type Phase } from "./phases.ts";

export interface PhaseTime {
  readonly name: PhaseName;
  readonly seconds: number;
}

export interface CompileHooks {
  /** Called when a phase begins, and with 0 to 1 while it runs. */
  readonly onPhase?: (phase: PhaseName, share?: number) => void;
  /** A clock in seconds. */
  readonly seconds?: () => number;
}

export interface PhaseRange {
  /** The last phase that has run already; none by default. */
  readonly after?: PhaseName | undefined;
  /** The last phase to run; all by default. */
  readonly to?: PhaseName | undefined;
}

export interface CompileInputs {
  readonly external?: ExternalFiles | undefined;
}

export interface CompileRun {
  readonly state: CompileState;
  readonly phases: readonly PhaseTime[];
  /** Warnings and notes. */
  readonly diagnostics: readonly Diagnostic[];
  readonly dumps: readonly string[];
}

export interface CompilePlan extends PhaseRange, CompileInputs, CompileHooks {
  readonly dumpTo?: string | undefined;
}

/**
 * Runs the phases of a range.
 * @throws CompileError if the input is refused; InternalError if a phase made something that is not well-formed
 */
export function runPhases(start: CompileState, plan: CompilePlan = {}): CompileRun {
  const { seconds = () => performance.now() / 1000, dumpTo } = plan;
  const diag = new DiagnosticSink();
  const times: PhaseTime[] = [];
  const dumps: string[] = [];
  let state = start;
  for (const phase of phasesOf(plan)) {
    plan.onPhase?.(phase.name);
    const onProgress = (share: number): void => plan.onPhase?.(phase.name, share);
    const started = seconds();
    const rng = new Rng(state.build.seed).fork(phase.name);
    state = phase.run(state, { diag, rng, external: plan.external, onProgress });
    diag.throwIfErrors();
    // Files beside the model may be larger than memory: they are read whole, for their digests, no sooner than they must.
    if (phase.name === (dumpTo === undefined ? "lower" : "import")) state = withExternalFiles(state, plan.external);
    verifyResult(phase, state);
    times.push({ name: phase.name, seconds: seconds() - started });
    if (dumpTo !== undefined && phase.name !== "check") dumps.push(writeDump(dumpTo, phase.name, state));
  }
  return { state, phases: times, diagnostics: diag.diagnostics, dumps };
}

function withExternalFiles(state: CompileState, external: ExternalFiles | undefined): CompileState {
  return external === undefined ? state : { ...state, build: { ...state.build, externalFiles: external.used() } };
}

function phasesOf({ after, to }: PhaseRange): readonly Phase[] {
  const first = after === undefined ? 0 : phaseNumber(after);
  const last = to === undefined ? PHASE_NAMES.length : phaseNumber(to);
  return PHASES.slice(first, last);
}

/** A phase that makes something ill-formed is a bug, whatever it was given. */
function verifyResult(phase: Phase, state: CompileState): void {
  const errors = phase.verify(state).filter(({ severity }) => severity === "error");
  if (errors.length === 0) return;
  throw new InternalError(
    `phase "${phase.name}" made what is not well-formed:\n${errors.map(printDiagnostic).join("\n")}`,
  );
}

/** Verifies a state that was read from a dump, which somebody may have edited. @throws CompileError with lines of the dump */
export function verifyResumed({ phase, state, path, sourceMap }: ResumedDump): void {
  const errors = PHASES[phaseNumber(phase) - 1]?.verify(state).filter(({ severity }) => severity === "error") ?? [];
  if (errors.length === 0) return;
  throw new CompileError(
    errors.map((error): Diagnostic => {
      const line = error.at.kind === "entity" ? sourceMap.get(error.at.id) : undefined;
      if (line === undefined) return error;
      const note = { message: `${printLoc(error.at)} is written`, at: { kind: "line", file: path, line } as const };
      return { ...error, notes: [...error.notes, note] };
    }),
  );
}
