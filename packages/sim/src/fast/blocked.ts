// End state of a timing run in the terms of `DeadlockError` (docs/program.md section 7.6): who waits for what.
import type { BlockedThread } from "../fault.ts";
import { coreCoord, stepName } from "../image.ts";
import { PORT } from "../image/fabric.ts";
import type { EndState } from "../stalemate.ts";
import type { Lanes } from "./lanes.ts";
import * as N from "./network.ts";
import type { Network } from "./network.ts";
import type { Threads } from "./threads.ts";

/** Reads the records of a run in which nothing can move any more. */
export function endState(net: Network, threads: Threads, lanes: Lanes): EndState {
  const { words, queues, image } = net;
  const laneRecord = (lane: number) => net.lanes[lane]!;
  return {
    threads: blockedThreads(net, threads),
    queueLength: (queue) => words[queues[queue]! + N.Q_PUSHED]! - words[queues[queue]! + N.Q_POPPED]!,
    queueCapacity: (queue) => words[queues[queue]! + N.Q_DEPTH]!,
    isClosed: (lane) => words[laneRecord(lane) + N.L_IS_OPEN] === 0,
    ruleList: (lane) => words[laneRecord(lane) + N.L_RULES]!,
    rulePosition: (lane) => words[laneRecord(lane) + N.L_POSITION]!,
    isBoundIn: (lane) => {
      const queue = image.fabric.laneQueues[lane * 6 + PORT.core]!;
      return queue >= 0 && words[queues[queue]! + N.Q_BOUND] !== N.NEVER;
    },
    streamMoved: (stream) => {
      const feed = net.feeds[stream]!;
      if (feed === 0) return lanes.moved[stream]!;
      return image.fabric.streams[stream]!.wavelets - words[feed + N.F_LEFT]!;
    },
  };
}

function blockedThreads(net: Network, threads: Threads): BlockedThread[] {
  const { words, image } = net;
  const blocked: BlockedThread[] = [];
  net.cores.forEach((core, k) => {
    const operations = 1 + image.codes[image.cores.codeOf[k]!]!.threads;
    for (let thread = -1; thread < operations - 1; thread++) {
      const operation = words[core + N.C_OPERATIONS]! + (thread + 1) * N.O_WORDS;
      if (words[operation + N.O_LEFT] !== 0) {
        blocked.push({ ...placed(net, k, thread, words[operation + N.O_STEP]!), ...whyWaiting(net, operation) });
      } else if (thread < 0 && words[core + N.C_STATE] !== N.ENDED) {
        blocked.push({ ...placed(net, k, thread, threads.stepOf(core)), ...whyBlocked(net, core, k, threads) });
      }
    }
  });
  return blocked;
}

type Place = Pick<BlockedThread, "core" | "thread" | "instruction" | "kernel">;
type Cause = Pick<BlockedThread, "cause" | "color" | "direction" | "reason">;

function placed({ image }: Network, k: number, thread: number, step: number): Place {
  const { kernel } = image.codes[image.cores.codeOf[k]!]!.steps[step]!;
  return {
    core: coreCoord(image, k),
    thread: thread < 0 ? "main" : thread,
    instruction: stepName(image, k, step),
    kernel: image.program.kernels[kernel]?.name ?? "",
  };
}

function whyWaiting(net: Network, operation: number): Cause {
  const { words } = net;
  const into = words[operation + N.O_IN]!;
  const lacksInput = into !== 0 && words[into + N.Q_PUSHED] === words[into + N.Q_POPPED];
  const total = words[operation + N.O_TOTAL]!;
  const moved = total - words[operation + N.O_LEFT]!;
  return {
    cause: lacksInput ? "recv" : "send",
    color: colorOf(net, lacksInput ? into : words[operation + N.O_OUT]!),
    direction: lacksInput ? "in" : "out",
    reason: `${lacksInput ? "no wavelet comes" : "the output queue is full"} (${moved} of ${total} moved)`,
  };
}

function whyBlocked(net: Network, core: number, k: number, threads: Threads): Cause {
  const { words, image } = net;
  const step = image.codes[image.cores.codeOf[k]!]!.steps[threads.stepOf(core)]!;
  switch (step.op) {
    case "wait":
      return { cause: "wait", reason: `microthread ${step.thread} is not done` };
    case "open": {
      const lane = image.coreLanes[image.coreLaneBase[k]! + step.color]!;
      return { cause: "open", color: image.fabric.laneColor[lane]!, reason: "the router has the colour open" };
    }
    case "bind": {
      const isInput = step.direction === "in";
      const queue = step.queue + (isInput ? 0 : image.machine.core.inputQueues);
      return {
        cause: "bind",
        color: colorOf(net, words[words[core + N.C_BOUND]! + queue]!),
        direction: step.direction,
        reason: isInput
          ? "the queue's old colour is open or its queue not empty"
          : "the old colour's queue is not empty",
      };
    }
    default:
      return { cause: "wait", reason: "it was not scheduled" };
  }
}

function colorOf({ words, image }: Network, queue: number): number {
  return image.fabric.laneColor[image.fabric.queueLane[words[queue + N.Q_QUEUE]!]!]!;
}
