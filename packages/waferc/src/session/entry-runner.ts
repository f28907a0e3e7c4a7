// Runs one entry of a program on the engine that was asked for. The fast engine is loaded and timed once and then reused; the others
// start from the program each time.
import type { Program, TensorSource } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import { FastSession, simulateCycle, simulateUntimed, type RunProgress } from "@waferc/sim";
import { ledgerRecord, type Ledger, type LedgerRecord } from "../report/ledger-record.ts";
import type { RunCost, RunListener } from "./session.ts";
import type { StreamData } from "./stream-data.ts";

export type ProgramEngine = "fast" | "cycle" | "untimed";

export interface EntryRun {
  readonly outputs: ReadonlyMap<string, StreamData>;
  readonly cost: RunCost;
}

export type EntryRunner = (inputs: ReadonlyMap<string, StreamData>, onProgress?: RunListener) => EntryRun;

export interface EntryRequest {
  readonly program: Program;
  readonly machine: Machine;
  readonly weights: TensorSource;
  readonly entry: string;
  readonly steps?: ReadonlyMap<string, number> | undefined;
}

export function makeEntryRunner(engine: ProgramEngine, request: EntryRequest): EntryRunner {
  const { program, machine, weights, entry } = request;
  const at = { entry, ...(request.steps === undefined ? {} : { steps: request.steps }) };
  switch (engine) {
    case "fast": {
      let session: FastSession | undefined;
      return (inputs, onProgress) => {
        session ??= new FastSession(program, machine, weights, { ...at, ...progressOf(onProgress) });
        return withCost(session.run(inputs, progressOf(onProgress)), request);
      };
    }
    case "cycle":
      return (inputs, onProgress) =>
        withCost(
          simulateCycle(program, machine, weights, { ...at, inputs, criticalPath: true, ...progressOf(onProgress) }),
          request,
        );
    case "untimed":
      return (inputs, onProgress) =>
        withCost(simulateUntimed(program, machine, weights, { ...at, inputs, ...progressOf(onProgress) }), request);
    default:
      return engine satisfies never;
  }
}

function progressOf(listener: RunListener | undefined) {
  if (listener === undefined) return {};
  return {
    onProgress: ({ cycles, coresEnded, cores }: RunProgress) =>
      listener(cycles === undefined ? { done: coresEnded, total: cores } : { detail: `cycle ${Math.round(cycles)}` }),
  };
}

type EngineResult =
  ReturnType<FastSession["run"]> | ReturnType<typeof simulateCycle> | ReturnType<typeof simulateUntimed>;

/** The fast engine hands out one ledger for all its runs. */
const records = new WeakMap<Ledger, LedgerRecord>();

function recordOf(ledger: Ledger, program: Program): LedgerRecord {
  const record = records.get(ledger) ?? ledgerRecord(ledger, program);
  records.set(ledger, record);
  return record;
}

function withCost(result: EngineResult, { machine, program }: EntryRequest): EntryRun {
  const { outputs, cycles, quiescentCycles, waveletHops, contentionEvents } = result;
  const cost: RunCost = {
    ...(cycles === undefined ? {} : { cycles, latencySeconds: cycles / machine.clockHz }),
    ...(quiescentCycles === undefined ? {} : { quiescentCycles }),
    waveletHops,
    ...(contentionEvents === undefined ? {} : { contentionEvents }),
    ...("ledger" in result ? { ledger: recordOf(result.ledger, program) } : {}),
  };
  return { outputs, cost };
}
