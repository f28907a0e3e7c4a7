// Random tensors and preloads: strided pieces, transposed or mirrored, that depend on the core and may leave the tensor.
import type { Rng } from "@waferc/base";
import { exprRange } from "@waferc/ir/program";
import type { BindingDim, ProgramTensor } from "@waferc/ir/program";
import type { CodeGroup } from "./code-group.ts";
import { disguise, randomTerm } from "./core-expr.ts";
import { randomType } from "./values.ts";

export function randomTensors(rng: Rng): Omit<ProgramTensor, "sha256">[] {
  return Array.from({ length: rng.between(1, 3) }, (_, i) => ({
    name: `w${i}`,
    type: randomType(rng),
    shape: Array.from({ length: rng.between(1, 3) }, () => rng.between(1, 12)),
  }));
}

/** Gives the code up to three buffers that are loaded from tensors. */
export function addPreloads(rng: Rng, group: CodeGroup, tensors: readonly Omit<ProgramTensor, "sha256">[]): void {
  for (let i = rng.between(1, 3); i > 0; i--) {
    const tensor = rng.below(tensors.length);
    const { type, shape } = tensors[tensor] ?? { type: "f32", shape: [1] };
    const dims: BindingDim[] = [];
    let span = 1;
    for (let d = rng.between(1, 3); d > 0; d--) {
      const max = rng.between(1, 6);
      const step = rng.pick([1, 1, 2, -1, 3]);
      dims.push({ count: disguise(rng, group, max), stride: span, tensorDim: rng.below(shape.length), step });
      span = span * max + (rng.chance(0.2) ? 1 : 0);
    }
    const term = randomTerm(rng, group);
    const offset = { kind: "add", terms: [term.expr, { kind: "const", value: Math.max(0, -term.min) }] } as const;
    const { max } = exprRange(offset, group.ranges());
    const buffer = group.addBuffer(rng, type, max + span + rng.below(4), true);
    const start = shape.map(() => randomTerm(rng, group).expr);
    group.bindings.push({ buffer, offset, dims: rng.shuffle(dims), tensor, start });
  }
}
