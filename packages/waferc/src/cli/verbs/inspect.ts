// `waferc inspect`: what is in a model or in a compiled directory.
import { resolveTarget } from "../../data/target.ts";
import { inspectModel } from "../inspect-model.ts";
import { inspectDirectory } from "../inspect-directory.ts";
import { failUsage } from "../../refusal.ts";
import { addVerb, type CommonOptions, type Verb } from "../verb.ts";

export interface InspectOptions extends CommonOptions {
  readonly map?: string;
  readonly simulate?: boolean;
}

export const inspectVerb: Verb = {
  name: "inspect",
  declare(program, run) {
    addVerb(program, "inspect", {
      summary: "show what is in a model, or where a compiled program has everything and where its time goes",
      usage: "<target>",
      examples: [
        "inspect models/tinyworld/prefill.onnx",
        "inspect build/tinyworld",
        "inspect build/tinyworld --simulate",
      ],
    })
      .option("--map <what>", "regions, sram or both", "both")
      .option("--simulate", "latency from the fast engine's ledger instead of the estimate")
      .action((path: string, options: InspectOptions) =>
        run("inspect", options, (ctx) => {
          const target = resolveTarget(path);
          switch (target.kind) {
            case "model":
              return inspectModel(path, ctx);
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
