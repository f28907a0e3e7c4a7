// From segments of a path tree to the stretches of the ledger's critical path: places, kernels and names.
import { coreCoord, type Image, stepName } from "./image.ts";
import type { PathStretch } from "./ledger.ts";
import { PATH_FEED, PATH_MOVE, PATH_RUN, PATH_SPACE, PATH_TRAVEL, type PathSegment } from "./path-tree.ts";
import { routerCoord } from "./stalemate.ts";

/** A segment with the names of what it is about. */
export function stretchOf(image: Image, { kind, subject, step, from, to }: PathSegment): PathStretch {
  switch (kind) {
    case PATH_RUN:
      return { kind: "compute", from, to, ...instructionOf(image, subject, step) };
    case PATH_MOVE:
      return { kind: "fabric", from, to, ...instructionOf(image, subject, step) };
    case PATH_TRAVEL: {
      if (subject < 0) return { kind: "travel", from, to, ...streamOf(image, -1 - subject) };
      const color = emittedColor(image, subject, step);
      return {
        kind: "travel",
        from,
        to,
        ...instructionOf(image, subject, step),
        ...(color === undefined ? {} : { color }),
      };
    }
    case PATH_SPACE: {
      const { laneRouter, laneColor } = image.fabric;
      return { kind: "space", from, to, core: routerCoord(image, laneRouter[subject]!), color: laneColor[subject]! };
    }
    case PATH_FEED:
      return { kind: "host", from, to, ...streamOf(image, subject) };
    default:
      throw new RangeError(`path kind ${kind}`);
  }
}

function instructionOf(image: Image, core: number, step: number): Pick<PathStretch, "core" | "kernel" | "instruction"> {
  const code = image.codes[image.cores.codeOf[core]!]!;
  return {
    core: coreCoord(image, core),
    kernel: code.steps[step]!.kernel,
    instruction: stepName(image, core, step),
  };
}

function streamOf(image: Image, index: number): Pick<PathStretch, "stream" | "color"> {
  const { stream } = image.fabric.streams[index]!;
  return { stream: stream.name, color: stream.color };
}

/** Colour on which the instruction emits. */
function emittedColor(image: Image, core: number, step: number): number | undefined {
  const { colors } = image.entry.classes[image.cores.classOf[core]!]!;
  const instruction = image.codes[image.cores.codeOf[core]!]!.steps[step]!;
  switch (instruction.op) {
    case "send":
    case "advance":
    case "close":
      return colors[instruction.color];
    case "forward":
      return colors[instruction.to];
    default:
      return undefined;
  }
}
