// Adds "did you mean" to what bind-dims says about names that the model does not have.
import { CompileError } from "@waferc/base";
import { modelDims } from "@waferc/compiler";
import type { Graph } from "@waferc/ir/graph";
import { didYouMean } from "../data/closest-name.ts";

/** Runs `bind`; its refusals of unknown dimensions come with the nearest name that the model has. */
export function suggestDims<T>(graph: Graph, dims: ReadonlyMap<string, number>, bind: () => T): T {
  try {
    return bind();
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const known = modelDims(graph).map(({ name }) => name);
    const unknown = [...dims.keys()].filter((name) => !known.includes(name));
    throw new CompileError(
      error.diagnostics.map((diagnostic) => {
        const name = unknown.find((candidate) => diagnostic.message.includes(`"${candidate}"`));
        if (diagnostic.code !== "PAS-002" || name === undefined) return diagnostic;
        return { ...diagnostic, help: [...didYouMean(name, known), ...diagnostic.help] };
      }),
    );
  }
}
