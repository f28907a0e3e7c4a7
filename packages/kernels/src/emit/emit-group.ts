/** Emits the code of one group: its kernels in schedule order, loops around repeated layers, carried tensors copied at their ends. */
import { invariant } from "@waferc/base";
import type { Dataflow, GroupId, KernelId, LoopStep } from "@waferc/ir/dataflow";
import { findTemplate } from "../registry.ts";
import { CodeBuilder, type EmittedCode, type Role } from "./code-builder.ts";
import { tensorTile, whole } from "./tile.ts";

export function emitGroup(dataflow: Dataflow, group: GroupId, role: Role): EmittedCode {
  const b = new CodeBuilder(dataflow, group, role);
  for (const step of dataflow.steps) {
    if (step.kind === "kernel") {
      if (dataflow.kernels[step.kernel]?.group === group) emitKernel(dataflow, step.kernel, b);
    } else if (step.group === group) emitLoop(dataflow, step, b);
  }
  return b.finish();
}

function emitKernel(dataflow: Dataflow, id: KernelId, b: CodeBuilder): void {
  const kernel = dataflow.kernels[id];
  invariant(kernel !== undefined, `kernel k${id} exists`);
  const template = findTemplate(kernel.template);
  invariant(template !== undefined, `template "${kernel.template}" exists`);
  b.startKernel(id);
  template.emit(kernel, dataflow.tensors, b);
}

function emitLoop(dataflow: Dataflow, loop: LoopStep, b: CodeBuilder): void {
  const copyCarried = (source: "initial" | "next") => {
    for (const carried of loop.carried)
      b.copy(whole(tensorTile(b, carried.into)), whole(tensorTile(b, carried[source])));
  };
  b.startKernel(loop.body[0] ?? 0);
  copyCarried("initial");
  b.repeatLayers(loop.count, () => {
    for (const id of loop.body) emitKernel(dataflow, id, b);
    copyCarried("next");
  });
}
