// Why nothing moves any more: turns the end state of an engine into the lists of `DeadlockError` (docs/program.md section 7.6).
import type { BlockedThread, Stalemate, StuckQueue, UnfinishedStream } from "./fault.ts";
import type { Image } from "./image.ts";
import { PORT, PORT_NAMES } from "./image/fabric.ts";

/** What must be known of an engine's end state. */
export interface EndState {
  readonly threads: readonly BlockedThread[];
  queueLength(queue: number): number;
  queueCapacity(queue: number): number;
  isClosed(lane: number): boolean;
  /** Index into `Fabric.ruleLists` and position in it. */
  ruleList(lane: number): number;
  rulePosition(lane: number): number;
  isBoundIn(lane: number): boolean;
  streamMoved(stream: number): number;
}

export function describeStalemate(image: Image, state: EndState): Stalemate {
  const { fabric } = image;
  const queues: StuckQueue[] = [];
  for (let queue = 0; queue < fabric.queueCount; queue++) {
    const wavelets = state.queueLength(queue);
    if (wavelets === 0) continue;
    const lane = fabric.queueLane[queue]!;
    queues.push({
      core: routerCoord(image, fabric.laneRouter[lane]!),
      color: fabric.laneColor[lane]!,
      port: PORT_NAMES[fabric.queuePort[queue]!]!,
      wavelets,
      reason: whyStuck(image, state, queue),
    });
  }
  const streams: UnfinishedStream[] = [];
  fabric.streams.forEach(({ stream, wavelets }, s) => {
    const moved = state.streamMoved(s);
    if (moved !== wavelets) streams.push({ name: stream.name, moved, wavelets });
  });
  return { threads: state.threads, queues, streams };
}

function whyStuck(image: Image, state: EndState, queue: number): string {
  const { fabric } = image;
  const lane = fabric.queueLane[queue]!;
  const port = fabric.queuePort[queue]!;
  if (port === PORT.core) return "no instruction of the core takes them";
  const rules = fabric.ruleLists[state.ruleList(lane)];
  if (!rules) return "no rule was ever given";
  if (state.isClosed(lane)) return "the colour is closed here";
  const rule = rules[state.rulePosition(lane)]!;
  if (rule.from !== port) return `the current rule takes from ${PORT_NAMES[rule.from]!}`;
  for (const to of rule.to) {
    if (to === PORT.ramp && !state.isBoundIn(lane)) return "no input queue of the core is bound to the colour";
    const next = fabric.destination(lane, to);
    if (next < 0 || state.queueLength(next) < state.queueCapacity(next)) continue;
    if (to === PORT.ramp) return "the input queue of the core is full";
    const { x, y } = routerCoord(image, fabric.laneRouter[fabric.queueLane[next]!]!);
    return `the queue to core(${x},${y}) is full`;
  }
  return "nothing holds them";
}

export function routerCoord(image: Image, router: number): { x: number; y: number } {
  return { x: router % image.fabric.width, y: Math.floor(router / image.fabric.width) };
}
