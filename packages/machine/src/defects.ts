// What of a machine a program cannot use, because it is broken or reserved, and where the host can reach it. A dead router is declared by its dead links.
import { coreIndex, isOnGrid, LINK_DIRECTIONS, rectContains } from "./geometry.ts";
import type { Rect } from "./geometry.ts";
import type { LinkDirection, Machine } from "./machine.ts";

interface DefectIndex {
  readonly cores: ReadonlySet<number>;
  readonly links: ReadonlySet<number>;
}

// Machines are frozen, so an index is right for as long as its machine lives.
const indexes = new WeakMap<Machine, DefectIndex>();

function indexOf(machine: Machine): DefectIndex {
  let index = indexes.get(machine);
  if (!index) {
    index = {
      cores: new Set(machine.defects.cores.map(({ x, y }) => coreIndex(machine, x, y))),
      links: new Set(machine.defects.links.map(({ x, y, direction }) => linkIndex(machine, x, y, direction))),
    };
    indexes.set(machine, index);
  }
  return index;
}

function linkIndex(machine: Machine, x: number, y: number, direction: LinkDirection): number {
  return coreIndex(machine, x, y) * LINK_DIRECTIONS.length + LINK_DIRECTIONS.indexOf(direction);
}

/** Whether the core at (x, y) cannot run code. Its router works. */
export function isDeadCore(machine: Machine, x: number, y: number): boolean {
  return indexOf(machine).cores.has(coreIndex(machine, x, y));
}

/** The cores that are not reserved. */
export function usableRect({ width, height, reservedCores }: Machine): Rect {
  const { north, east, south, west } = reservedCores;
  return { x: west, y: north, w: width - west - east, h: height - north - south };
}

/** Whether the core at (x, y) is kept by the runtime's transfers. Its router works. */
export function isReservedCore(machine: Machine, x: number, y: number): boolean {
  return !rectContains(usableRect(machine), x, y);
}

/** Whether the core at (x, y) is neither dead nor reserved. */
export function canRunCode(machine: Machine, x: number, y: number): boolean {
  return !isReservedCore(machine, x, y) && !isDeadCore(machine, x, y);
}

/** How many cores can run code. */
export function usableCores(machine: Machine): number {
  const { w, h } = usableRect(machine);
  return w * h - machine.defects.cores.filter(({ x, y }) => !isReservedCore(machine, x, y)).length;
}

/** Whether nothing can leave (x, y) in this direction because the link is broken. */
export function isDeadLink(machine: Machine, x: number, y: number, direction: LinkDirection): boolean {
  return indexOf(machine).links.has(linkIndex(machine, x, y, direction));
}

/** Whether a host stream can use that outward port: an edge router's, on a side that has host ports. */
export function hasHostPort(machine: Machine, x: number, y: number, side: LinkDirection): boolean {
  if (!isOnGrid(machine, x, y) || !machine.hostSides.includes(side)) return false;
  switch (side) {
    case "north":
      return y === 0;
    case "east":
      return x === machine.width - 1;
    case "south":
      return y === machine.height - 1;
    case "west":
      return x === 0;
    default:
      return side satisfies never;
  }
}
