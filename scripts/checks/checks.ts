// The checks of the source tree by name, for `npm run check` and `npm run ready`.
import { checkCodes } from "./codes.ts";
import { checkCycles } from "./cycles.ts";
import { checkDependencies } from "./dependencies.ts";
import { checkLayers } from "./layers.ts";
import { checkRooms } from "./rooms.ts";
import { checkSizes } from "./sizes.ts";
import type { Finding, SourceTree } from "./source-tree.ts";

export const TREE_CHECKS: ReadonlyMap<string, (tree: SourceTree) => Finding[]> = new Map([
  ["layers", (tree: SourceTree) => checkLayers(tree)],
  ["cycles", checkCycles],
  ["dependencies", checkDependencies],
  ["sizes", (tree: SourceTree) => checkSizes(tree)],
  ["rooms", checkRooms],
  ["codes", checkCodes],
]);
