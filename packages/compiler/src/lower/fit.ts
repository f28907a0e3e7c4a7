/** Whether every core of a dataflow's groups has room for its code and data, and who takes the room if not. */
import { invariant } from "@waferc/base";
import { emitGroup } from "@waferc/kernels";
import type { Dataflow } from "@waferc/ir/dataflow";
import type { Machine } from "@waferc/machine";
import { planMemory } from "../memory-map.ts";
import { describeMemory } from "../memory-report.ts";
import type { CodeMemory } from "../memory-report.ts";

/** SRAM of each code: for each group the root core's and the others'. */
export function measureMemory(dataflow: Dataflow, machine: Machine): readonly CodeMemory[] {
  return dataflow.groups.flatMap(({ name, width, height }, group) =>
    (["root", "other"] as const)
      .filter((role) => role === "root" || width * height > 1)
      .map((role) => {
        const emitted = emitGroup(dataflow, group, role);
        return describeMemory(`${name}_${role}`, emitted, planMemory(emitted, machine.core), dataflow);
      }),
  );
}

export function bytesOf({ codeBytes, dataBytes }: CodeMemory): number {
  return codeBytes + dataBytes;
}

/** The code that needs most. A dataflow has at least one. */
export function fullestOf(memory: readonly CodeMemory[]): CodeMemory {
  const [fullest] = [...memory].sort((a, b) => bytesOf(b) - bytesOf(a));
  invariant(fullest !== undefined, "a dataflow has code");
  return fullest;
}
