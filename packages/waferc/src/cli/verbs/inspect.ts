// `waferc inspect`: what is in a model or in a compiled directory.
import { resolveTarget } from "../../data/target.ts";
import { inspectModel } from "../inspect-model.ts";
import { inspectDirectory } from "../inspect-directory.ts";
import { failUsage } from "../../refusal.ts";
import { readCase } from "../../data/cases.ts";
import type { Bindings } from "../../pipelines/begin.ts";
import { parseDims, parsePins } from "../option-values.ts";
import { addVerb, collect, type CommonOptions, type Verb } from "../verb.ts";

export interface InspectOptions extends CommonOptions {
  readonly map?: string;
  readonly simulate?: boolean;
  readonly dim?: readonly string[];
  readonly pin?: readonly string[];
  readonly shapesFrom?: string;
}

export const inspectVerb: Verb = {
  name: "inspect",
  declare(program, run) {
    addVerb(program, "inspect", {
      summary: "show what is in a model, or where a compiled program has everything and where its time goes",
      usage: "<target>",
      examples: [
        "inspect models/tinyworld/prefill.onnx",
        "inspect models/tinyworld/prefill.onnx --dim batch=1 --dim sequence=128",
        "inspect build/tinyworld",
        "inspect build/tinyworld --simulate",
      ],
    })
      .option("--map <what>", "regions, sram or both", "both")
      .option("--simulate", "latency from the fast engine's ledger instead of the estimate")
      .option("--dim <name=n>", "for a model: length of a symbolic dimension; may be repeated", collect)
      .option("--pin <input=value>", "for a model: fix an input; may be repeated", collect)
      .option("--shapes-from <case>", "for a model: bind dimensions from a case")
      .action((path: string, options: InspectOptions) =>
        run("inspect", options, (ctx) => {
          const target = resolveTarget(path);
          switch (target.kind) {
            case "model":
              return inspectModel(path, bindingsOf(options), ctx);
            case "directory":
              return inspectDirectory(path, options, ctx);
            case "program":
              return failUsage(`Cannot inspect "${path}": it is a program file`, ["inspect the directory it lies in"]);
            default:
              return target.kind satisfies never;
          }
        }),
      );
  },
};

function bindingsOf({ dim = [], pin = [], shapesFrom }: InspectOptions): Bindings {
  return {
    dims: parseDims(dim),
    pins: parsePins(pin),
    shapesFrom: shapesFrom === undefined ? undefined : readCase(shapesFrom),
  };
}
