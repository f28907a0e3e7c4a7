// `waferc check`: independent legality of a compiled directory, a program or a dump.
import { readFileSync } from "node:fs";
import { checkProgram, type CheckResult } from "@waferc/check";
import type { Program } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import { openCompiledModel } from "../../artefacts/compiled-model.ts";
import { resolveTarget, type Target } from "../../data/target.ts";
import { runPhases, verifyResumed } from "../../pipelines/compile.ts";
import { phaseNumber } from "../../pipelines/compile-state.ts";
import { readDump } from "../../pipelines/dump.ts";
import { failUsage } from "../../refusal.ts";
import { openBareProgram } from "../../session/bare-program.ts";
import { EXIT } from "../exit.ts";
import { formatSeconds } from "../render.ts";
import { addVerb, collect, type CommonOptions, type Verb, type VerbContext, type VerbResult } from "../verb.ts";

interface CheckOptions extends CommonOptions {
  readonly set?: readonly string[];
}

export const checkVerb: Verb = {
  name: "check",
  declare(program, run) {
    addVerb(program, "check", {
      summary: "judge, from the program alone, whether it is legal",
      usage: "<target>",
      examples: [
        "check build/tinyworld",
        "check build/tinyworld/program.wfp",
        "check build/dumps/prefill.07.route.dfir",
      ],
    })
      .option("--set <path=value>", "for a program file: override a field of its machine", collect)
      .action((path: string, options: CheckOptions) =>
        run("check", options, (ctx) => checkTarget(resolveTarget(path), options, ctx)),
      );
  },
};

function checkTarget(target: Target, options: CheckOptions, ctx: VerbContext): VerbResult {
  const started = ctx.seconds();
  ctx.activity({ label: "load" });
  const { program, machine } = programOf(target, options.set ?? [], ctx);
  const { verdict, findings } = checkProgram(program, machine, {
    onProgress: ({ phase, share }) => ctx.activity({ label: `check ${phase}`, done: share, total: 1 }),
  });
  const isLegal = verdict === "legal";
  return {
    exitCode: isLegal ? EXIT.good : EXIT.mismatch,
    diagnostics: findings,
    isReport: true,
    text: `${printVerdict(verdict, findings.length, ctx)} · ${program.name} on ${machine.name} · ${formatSeconds(ctx.seconds() - started)}\n`,
    json: { verdict, findings },
  };
}

function printVerdict(verdict: CheckResult["verdict"], findings: number, { styles }: VerbContext): string {
  const count = `${findings} finding${findings === 1 ? "" : "s"}`;
  if (verdict === "legal") return styles.good("LEGAL");
  return verdict === "illegal" ? `${styles.bad("ILLEGAL")} ${count}` : `${styles.warn("UNDECIDED")} ${count}`;
}

function programOf(
  target: Target,
  overrides: readonly string[],
  ctx: VerbContext,
): { program: Program; machine: Machine } {
  switch (target.kind) {
    case "directory":
      return openCompiledModel(target.path);
    case "model":
      return failUsage(`Cannot check "${target.path}": it is a model`, [
        `check the file itself: waferc check-model ${target.path}`,
        "or compile it and check the result",
      ]);
    case "program":
      return isDump(target.path) ? programOfDump(target.path, ctx) : openBareProgram(target.path, overrides);
    default:
      return target.kind satisfies never;
  }
}

function isDump(path: string): boolean {
  return path.endsWith(".dfir") && /^dfir \d+ build /m.test(readFileSync(path, "utf8"));
}

/** The program of a dump; an earlier phase is carried on, in memory, to the program that it stands for. */
function programOfDump(path: string, ctx: VerbContext): { program: Program; machine: Machine } {
  const resumed = readDump(path);
  const { phase, state } = resumed;
  verifyResumed(resumed);
  if (phaseNumber(phase) < phaseNumber("assemble")) ctx.note(`checking the program that "${path}" compiles to`);
  const { program, machine } =
    phaseNumber(phase) < phaseNumber("assemble") ? runPhases(state, { after: phase, to: "assemble" }).state : state;
  if (program === undefined) throw new RangeError("a dump from assemble on has a program");
  return { program, machine };
}
