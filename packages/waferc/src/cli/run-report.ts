// What `run`, `simulate` and `verify` say about a run, as JSON and in words.
import { outputFacts, type OutputFact } from "../data/outputs.ts";
import type { LedgerRecord } from "../report/ledger-record.ts";
import type { RunCost, SessionEngine, SessionRun } from "../session/session.ts";
import { formatCount, formatSeconds } from "./render.ts";

export interface RunReport {
  readonly engine: SessionEngine;
  readonly cycles: number | null;
  readonly quiescentCycles: number | null;
  readonly latencySeconds: number | null;
  readonly wallSeconds: number;
  readonly waveletHops: number | null;
  readonly contentionEvents: number | null;
  readonly outputs: readonly OutputFact[];
  readonly ledger: LedgerRecord | null;
}

export function reportRun(engine: SessionEngine, { outputs, cost }: SessionRun, wallSeconds: number): RunReport {
  return {
    engine,
    cycles: cost.cycles ?? null,
    quiescentCycles: cost.quiescentCycles ?? null,
    latencySeconds: cost.latencySeconds ?? null,
    wallSeconds,
    waveletHops: cost.waveletHops ?? null,
    contentionEvents: cost.contentionEvents ?? null,
    outputs: outputFacts(outputs),
    ledger: cost.ledger ?? null,
  };
}

/** `fast engine · 812,345 cycles (738 us) · wall 2.1 s`. */
export function printCost(engine: SessionEngine, { cycles, latencySeconds }: RunCost, wallSeconds: number): string {
  const parts = [engine === "reference" ? "reference evaluator" : `${engine} engine`];
  if (cycles !== undefined) {
    const latency = latencySeconds === undefined ? "" : ` (${formatSeconds(latencySeconds)})`;
    parts.push(`${formatCount(cycles)} cycles${latency}`);
  }
  parts.push(`wall ${formatSeconds(wallSeconds)}`);
  return parts.join(" · ");
}

/** A line for each output. */
export function printOutputs(facts: readonly OutputFact[]): string {
  return facts
    .map(({ name, dtype, shape, sha256 }) => `  ${name}: ${dtype}[${shape.join(",")}] sha256 ${sha256.slice(0, 16)}\n`)
    .join("");
}
