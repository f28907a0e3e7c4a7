// Turns the refutation of a claim into a finding at its instruction: what could not be done, on which core, with which values.
import type { DiagnosticCode } from "@waferc/base";
import { instructionEntity } from "@waferc/ir/program";
import type { ClassModel, Site } from "./class-model.ts";
import { CODES } from "./codes.ts";
import { coreName } from "./findings.ts";
import type { Findings } from "./findings.ts";
import type { Refutation } from "./prove.ts";

export interface ClaimPlace {
  readonly model: ClassModel;
  readonly site: Site;
  readonly findings: Findings;
  /** Where to report, if it is not the instruction. */
  readonly entity?: string;
}

export function reportClaim(
  { model, site, findings, entity }: ClaimPlace,
  code: DiagnosticCode,
  action: string,
  refuted: Refutation | "undecided" | undefined,
): void {
  if (refuted === undefined) return;
  const { kernel } = site.instruction;
  const at = { entity: entity ?? siteEntity(model, site), ...(kernel >= 0 ? { kernel } : {}) };
  if (refuted === "undecided") {
    const message = `Cannot decide ${code.code} within the budget: too many instances of ${site.instruction.op}`;
    findings.report(CODES["CHK-900"], { ...at, message });
    return;
  }
  const values = valuesOf(model, site, refuted);
  const where = `${coreName(refuted.x, refuted.y)}${values === "" ? "" : ` with ${values}`}`;
  findings.report(code, { ...at, message: `Cannot ${action} on ${where}: ${refuted.problem}` });
}

export function siteEntity(model: ClassModel, site: Site): string {
  return instructionEntity(model.codeEntity, site.path);
}

/** Values of the loop variables and step scalars around a site. */
function valuesOf(model: ClassModel, { loops }: Site, { frame }: Refutation): string {
  const shown = new Set(loops.map(({ slot }) => slot));
  for (let slot = model.firstStepSlot; slot < model.firstLoopSlot; slot++) shown.add(slot);
  return [...model.slots]
    .filter(([, slot]) => shown.has(slot))
    .map(([name, slot]) => `${name} = ${frame[slot]}`)
    .join(", ");
}
