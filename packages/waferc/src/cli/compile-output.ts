// What `compile` says when it is done: verdict, what fits where, and where the time of the compile went.
import { join } from "node:path";
import type { Artefacts } from "../artefacts/build-artefacts.ts";
import { digestBytes } from "../artefacts/digest.ts";
import type { JsonObject } from "../artefacts/json.ts";
import type { CompileRun } from "../pipelines/compile.ts";
import { printHostOps } from "../report/print-host-ops.ts";
import { formatBytes, formatCount, formatPercent, formatSeconds } from "./render.ts";
import type { VerbContext } from "./verb.ts";

/** The keys of `compile --json`. */
export function describeCompile(run: CompileRun, artefacts: Artefacts, folder: string | undefined): JsonObject {
  const { report } = artefacts;
  return {
    machine: report.machine,
    cores: report.cores,
    sramBytes: { peak: report.sramBytes.peak, capacity: report.sramBytes.capacity },
    kernels: report.kernels,
    flows: report.flows,
    colors: report.colors,
    hostOps: report.hostOps.map(({ node, op, reason, when }) => ({ node, op, reason, when })),
    meshMacShare: report.meshMacShare,
    estimatedCycles: report.estimatedCycles,
    phases: run.phases,
    artefacts: Object.fromEntries(
      artefacts.files.map(({ name, content }) => [
        name,
        { path: folder === undefined ? null : join(folder, name), sha256: digestBytes(content) },
      ]),
    ),
    dumps: run.dumps,
  };
}

export function printCompile(
  run: CompileRun,
  { report, manifest }: Artefacts,
  folder: string | undefined,
  { styles, isVerbose }: VerbContext,
): string {
  const { cores, sramBytes, colors, kernels, flows } = report;
  const total = run.phases.reduce((sum, { seconds }) => sum + seconds, 0);
  const clock = run.state.machine.clockHz;
  const verdict = folder === undefined ? "FITS" : "DONE";
  const lines = [
    `${styles.good(verdict)} ${manifest.model.name} on ${report.machine} · legal · estimated ${formatCount(report.estimatedCycles)} cycles ` +
      `(${formatSeconds(report.estimatedCycles / clock)}) · ${formatSeconds(total)}`,
    `  cores ${formatCount(cores.used)} of ${formatCount(cores.available)} · SRAM peak ${formatBytes(sramBytes.peak)} of ` +
      `${formatBytes(sramBytes.capacity)} (${formatPercent(sramBytes.peak / sramBytes.capacity)}) · kernels ${kernels} · flows ${flows} · ` +
      `colours ${colors.used} of ${colors.available}`,
    `  ${printHostOps(report.hostOps, report.meshMacShare, styles).trimEnd().split("\n").join("\n  ")}`,
  ];
  if (folder === undefined || isVerbose) {
    const { fullestCore, fullest } = sramBytes;
    const [core] = fullest;
    if (core !== undefined) {
      lines.push(`  fullest core (${core.x},${core.y}): code ${formatBytes(fullestCore.codeBytes)}`);
      for (const { bytes, what } of fullestCore.buffers.slice(0, 8)) lines.push(`    ${formatBytes(bytes)}  ${what}`);
    }
  }
  if (isVerbose)
    lines.push(`  ${run.phases.map(({ name, seconds }) => `${name} ${formatSeconds(seconds)}`).join(" · ")}`);
  lines.push(folder === undefined ? "  nothing was written (--dry-run)" : `  wrote ${folder}`);
  return `${lines.join("\n")}\n`;
}
