// `npm run bench:sim [NAME]`: builds, then measures the cycle engine on the loads of bench/sim-loads.ts whose name contains NAME.
import { benchSim } from "../bench/sim-engines.ts";
import { main as build } from "./build.ts";

export async function main([filter = ""]: readonly string[]): Promise<number> {
  const built = await build();
  if (built !== 0) return built;
  await benchSim(filter);
  return 0;
}
