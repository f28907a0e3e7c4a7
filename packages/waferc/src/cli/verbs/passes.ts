// `waferc passes`: the phases of a compile and the passes of canonicalisation, in order, with the reason for their place.
import { canonicalizePasses } from "@waferc/compiler";
import { PHASES } from "../../pipelines/phases.ts";
import { EXIT } from "../exit.ts";
import { renderTable } from "../render.ts";
import { addVerb, type CommonOptions, type Verb, type VerbResult } from "../verb.ts";

export const passesVerb: Verb = {
  name: "passes",
  declare(program, run) {
    addVerb(program, "passes", {
      summary: "list the phases and passes of a compile",
      usage: "",
      examples: ["passes"],
    }).action((options: CommonOptions) => run("passes", options, listPasses));
  },
};

function listPasses(): VerbResult {
  const phases = PHASES.map(({ name, summary }) => ({ name, summary }));
  const passes = canonicalizePasses.map(({ reason, pass }) => ({ name: pass.name, summary: pass.summary, reason }));
  const rows = phases.flatMap(({ name, summary }, i) => [
    [String(i + 1), name, summary],
    ...(name === "canonicalize" ? passes.map((pass) => ["", `  ${pass.name}`, `${pass.summary}: ${pass.reason}`]) : []),
  ]);
  return { exitCode: EXIT.good, text: renderTable(rows, ["right"]), json: { phases, passes } };
}
