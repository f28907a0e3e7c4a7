// `waferc check-model`: everything that is wrong with a model file, at once.
import { checkModel } from "@waferc/onnx";
import { externalDataBeside } from "../../data/external.ts";
import { readUserFile } from "../../data/files.ts";
import { checkInference } from "../../pipelines/check-inference.ts";
import { exitCodeOfDiagnostics } from "../exit.ts";
import { addVerb, type CommonOptions, type Verb, type VerbContext, type VerbResult } from "../verb.ts";

export const checkModelVerb: Verb = {
  name: "check-model",
  declare(program, run) {
    addVerb(program, "check-model", {
      summary: "say everything that is wrong with an ONNX file",
      usage: "<model>",
      examples: ["check-model models/tinyworld/prefill.onnx", "check-model model.onnx --json"],
    }).action((model: string, options: CommonOptions) =>
      run("check-model", options, (ctx) => checkModelFile(model, ctx)),
    );
  },
};

function checkModelFile(model: string, { styles }: VerbContext): VerbResult {
  const bytes = readUserFile(model, "MODEL");
  const external = externalDataBeside(model, { verifyChecksums: true });
  const formal = checkModel(bytes, external);
  const findings = formal.exitCode === 0 ? [...formal.findings, ...checkInference(bytes, external)] : formal.findings;
  const exitCode = formal.exitCode === 0 ? exitCodeOfDiagnostics(findings) : formal.exitCode;
  const counts = (["error", "warning"] as const).map((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? "" : `${count} ${severity}${count === 1 ? "" : "s"}`;
  });
  const summary = counts.filter(Boolean).join(", ");
  const head = exitCode === 0 ? styles.good("SOUND") : styles.bad(exitCode === 4 ? "UNSUPPORTED" : "BROKEN");
  return {
    exitCode,
    diagnostics: findings,
    isReport: true,
    text: `${head} ${model}${summary === "" ? "" : `: ${summary}`}\n`,
    json: {},
  };
}
