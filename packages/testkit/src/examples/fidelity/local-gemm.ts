/**
 * The local part of a dense product on one core, as pr0f3ss/SpMM_Cerebras does it: for each of `rows` rows, `depth` calls of a multiply-accumulate over
 * a vector.
 *
 * Cycles: for each row loop, depth vector starts and the elements.
 */
import type { Machine } from "@waferc/machine";
import { makeExample } from "../example.ts";
import type { Example } from "../example.ts";
import { printRegion } from "../program-text.ts";
import { timingOf } from "../timing.ts";
import type { LocalGemmRow } from "./published.ts";

export function localGemm(machine: Machine, { vector, rows, depth }: Omit<LocalGemmRow, "grid" | "cycles">): Example {
  const call = [
    `c[${vector}*r, ${vector}:1, 1:1]`,
    `a[0, ${vector}:1, ${depth}:${vector}]`,
    `b[${depth}*r, ${depth}:1, 1:1]`,
  ];
  const text = printRegion({
    name: "local-gemm",
    machine,
    width: 1,
    height: 1,
    buffers: [
      { name: "a", elements: vector * depth },
      { name: "b", elements: depth * rows },
      { name: "c", elements: vector * rows },
    ],
    result: undefined,
    roleOf: () => ({ name: "core", colors: {}, lines: [`repeat r ${rows} {`, `  matmul ${call.join(", ")}`, "}"] }),
    columnKey: () => "",
    rowKey: () => "",
    flows: [],
    spare: { color: 0, inputQueue: 0, outputQueue: 0 },
  });
  const { loop, matmul } = timingOf(machine);
  return makeExample("local-gemm", machine, text, rows * (loop + matmul(vector, depth, 1)));
}
