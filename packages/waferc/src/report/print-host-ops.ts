// What runs on the host, grouped by reason, and the share of the model's multiply-accumulates that runs on the mesh.
import { formatPercent, type Styles } from "../cli/render.ts";
import type { HostOpRecord } from "../pipelines/build-info.ts";

export function printHostOps(hostOps: readonly HostOpRecord[], meshMacShare: number, styles: Styles): string {
  const groups = new Map<string, HostOpRecord[]>();
  for (const op of hostOps) {
    const key = `${op.op} ${op.when} the mesh: ${op.reason}`;
    groups.set(key, [...(groups.get(key) ?? []), op]);
  }
  const lines = [...groups].map(([key, ops]) => `  ${ops.length} x ${key} (${ops[0]?.node ?? ""})`);
  const head = `${styles.strong("on the mesh")} ${formatPercent(meshMacShare)} of the multiply-accumulates; on the host ${hostOps.length} ${hostOps.length === 1 ? "operator" : "operators"}`;
  return `${[head, ...lines].join("\n")}\n`;
}
