// Times a compiled program without values: cycles and ledger depend on the program alone.
import type { CompiledModel } from "../artefacts/compiled-model.ts";
import { FastSession } from "@waferc/sim";
import { ledgerRecord, type LedgerRecord } from "../report/ledger-record.ts";

export interface EntryTiming {
  readonly cycles: number;
  readonly quiescentCycles: number;
  readonly waveletHops: number;
  readonly ledger: LedgerRecord;
}

/** Timing of the first entry, by the fast engine. */
export function timeFirstEntry({ program, machine, weights }: CompiledModel): EntryTiming {
  const session = new FastSession(program, machine, weights, { timingOnly: true });
  const { cycles, quiescentCycles, waveletHops, ledger } = session;
  return { cycles, quiescentCycles, waveletHops, ledger: ledgerRecord(ledger, program) };
}
