// What a timing run found out, as the ledger that both timed engines give.
import { stretchOf } from "../critical-path.ts";
import type { Image } from "../image.ts";
import { buildLedger, type Ledger } from "../ledger.ts";
import type { Timing } from "./timing.ts";

export function ledgerOf(image: Image, timing: Timing): Ledger {
  const { account, kernelsOf, quiescentCycles } = timing;
  const { recv, send, wait, control, end } = account;
  return buildLedger(image, {
    quiescentCycles,
    stalls: { recv, send, ramp: new Float64Array(image.cores.count), wait, control },
    end,
    forEachKernel: (core, visit) => {
      kernelsOf[image.cores.codeOf[core]!]!.forEach((kernel, i) =>
        visit(kernel, account.busy[account.busyOf[core]! + i]!),
      );
    },
    criticalPath: timing.path.map((segment) => stretchOf(image, segment)),
  });
}
