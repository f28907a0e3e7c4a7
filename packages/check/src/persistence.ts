// MEM-009 of memory.ts: what an entry keeps in SRAM for the next one is not overwritten by an entry that does not know of it.
import { bufferBytes, codeBytes, firstCommonCore } from "@waferc/ir/program";
import type { Buffer, Code, Entry, Program } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import { CODES } from "./codes.ts";
import { classEntity, coreName } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { liveRanges } from "./live-ranges.ts";

export function checkPersistence({ entries }: Program, machine: Machine, findings: Findings): void {
  for (const keeper of entries) {
    for (const other of entries) if (other !== keeper) checkPair(keeper, other, machine, findings);
  }
}

function checkPair(keeper: Entry, other: Entry, machine: Machine, findings: Findings): void {
  for (const keeping of keeper.classes) {
    const kept = keeper.codes[keeping.code]?.buffers.filter(({ persistent }) => persistent) ?? [];
    for (const using of kept.length > 0 ? other.classes : []) {
      const code = other.codes[using.code];
      const conflict = code && findConflict(kept, code, machine);
      const core = conflict && firstCommonCore(keeping.cores, using.cores);
      if (!core) continue;
      const message = `Cannot use addresses from ${conflict.address} B on ${coreName(core.x, core.y)} for ${conflict.what}: entry "${keeper.name}" keeps "${conflict.name}" there`;
      findings.report(CODES["MEM-009"], { entity: classEntity(other, using), message });
    }
  }
}

/** What of a code overwrites a kept buffer that the code does not have. */
function findConflict(
  kept: readonly Buffer[],
  code: Code,
  machine: Machine,
): { readonly address: number; readonly what: string; readonly name: string } | undefined {
  const ranges = liveRanges(code);
  const used = code.buffers.filter((_, index) => ranges[index] !== undefined);
  const codeStart = machine.core.sramBytes - codeBytes(code, machine.core);
  for (const { name, address, ...size } of kept) {
    if (code.buffers.some((buffer) => buffer.persistent && buffer.name === name)) continue;
    const end = address + bufferBytes(size);
    const over = used.find((buffer) => buffer.address < end && address < buffer.address + bufferBytes(buffer));
    if (over) return { address: Math.max(address, over.address), what: `buffer "${over.name}"`, name };
    if (codeStart < end) return { address: codeStart, what: "instructions", name };
  }
  return undefined;
}
