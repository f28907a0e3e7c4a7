// The cycle engine's loops for WebAssembly: the cycles between two in which a main thread has something to do. The twin of ../src/cycle/units.ts, routers.ts and
// streams.ts, whose comments and docs/program.md sections 5 to 7 say what is computed; here is only how. State lies in an imported memory (layout.ts); nothing is
// allocated, and no JavaScript is called.
import { CYCLE, EVENT_COUNT, FAULT, LANE_COUNT, STARTS_PENDING } from "./layout.ts";
import { stepFeeds } from "./feeds.ts";
import { linkRouter, openLane, resolveRule } from "./lanes.ts";
import { isAnyReady, loadReady, wake } from "./ready.ts";
import { stepRouters } from "./routers.ts";
import { loadState, setCycle } from "./state.ts";
import { startUnits, stepUnits } from "./units.ts";

export { linkRouter, openLane as open, wake };

/** Takes over the tables of the control block. */
export function takeOver(): void {
  loadState();
  loadReady();
}

/** Resolves the initial rules of all lanes. */
export function resolve(): void {
  const count = load<u32>(LANE_COUNT);
  for (let lane: u32 = 0; lane < count; lane++) resolveRule(lane);
}

/**
 * Executes cycles from `from` up to, at most, `limit` - 1: to the first that makes an event or a fault, or after which nobody is to be tried. Tells whether anybody
 * is.
 */
export function run(from: u32, limit: u32): bool {
  let now = from;
  for (;;) {
    setCycle(now);
    startUnits(now);
    stepUnits(now);
    stepRouters(now);
    stepFeeds(now);
    if (load<u32>(EVENT_COUNT) !== 0 || load<u32>(FAULT) !== 0) break;
    if (now + 1 >= limit || !isBusy()) break;
    now++;
  }
  store<u32>(CYCLE, now);
  return isBusy();
}

/** Whether anybody is to be tried in the next cycle. */
export function isBusy(): bool {
  return isAnyReady() || load<u32>(STARTS_PENDING) !== 0;
}
