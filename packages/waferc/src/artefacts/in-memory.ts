// A finished compile as a compiled model, without a directory: to run, or to compare with another, at once.
import { invariant } from "@waferc/base";
import type { CompileState } from "../pipelines/compile-state.ts";
import { buildArtefacts } from "./build-artefacts.ts";
import { toElements, type CompiledModel } from "./compiled-model.ts";

export function modelInMemory(state: CompileState): CompiledModel {
  const { program, host, data, machine } = state;
  invariant(program !== undefined && host !== undefined, "a model needs all phases");
  return {
    folder: "",
    manifest: buildArtefacts(state).manifest,
    machine,
    program,
    weights: (index) => {
      const tensor = program.tensors[index];
      if (tensor === undefined) throw new RangeError(`the program has no tensor ${index}`);
      return toElements(data.read(tensor.sha256), tensor.type);
    },
    hostGraphs: new Map([host.pre, host.post].map((graph) => [graph.name, graph])),
  };
}
