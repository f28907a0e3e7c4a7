/**
 * What a channel means at each core of its region: which of its colours the core's router uses, and how. One function per question, so that
 * the verifier, the assembler and readers of dumps agree on the definition in `layout.ts`.
 */
import type { RouterPort } from "../program/program.ts";
import type { ChannelKind } from "./layout.ts";

/** The rule of one colour (an index into the channel's colours) at one router. */
export interface ChannelRule {
  readonly color: number;
  readonly from: RouterPort;
  readonly to: readonly RouterPort[];
}

/** Colours that a channel needs: chains alternate between two by parity, so that a core's sending and receiving differ. */
export function channelColorCount(kind: ChannelKind): number {
  return kind === "broadcast" ? 1 : 2;
}

/** Index of the colour on which the core at (u, v) sends; it receives on the other one. */
export function sendColorIndex(kind: ChannelKind, u: number, v: number): number {
  if (kind === "broadcast") return 0;
  return (kind === "east" || kind === "west" ? u : v) % 2;
}

export function receiveColorIndex(kind: ChannelKind, u: number, v: number): number {
  return kind === "broadcast" ? 0 : 1 - sendColorIndex(kind, u, v);
}

/** Rules of a channel at the core in column u and row v of a region. */
export function channelRulesAt(
  kind: ChannelKind,
  { width, height }: { readonly width: number; readonly height: number },
  u: number,
  v: number,
): readonly ChannelRule[] {
  if (kind === "broadcast") return broadcastRulesAt(width, height, u, v);
  const [isFirst, isLast] =
    kind === "east" || kind === "west" ? [u === 0, u === width - 1] : [v === 0, v === height - 1];
  const isForward = kind === "east" || kind === "south";
  const rules: ChannelRule[] = [];
  if (!(isForward ? isLast : isFirst)) rules.push({ color: sendColorIndex(kind, u, v), from: "ramp", to: [kind] });
  if (!(isForward ? isFirst : isLast)) {
    rules.push({ color: receiveColorIndex(kind, u, v), from: opposite(kind), to: ["ramp"] });
  }
  return rules;
}

function broadcastRulesAt(width: number, height: number, u: number, v: number): readonly ChannelRule[] {
  const isRoot = u === 0 && v === 0;
  const from: RouterPort = isRoot ? "ramp" : u === 0 ? "north" : "west";
  const to: RouterPort[] = [];
  if (u < width - 1) to.push("east");
  if (u === 0 && v < height - 1) to.push("south");
  if (!isRoot) to.push("ramp");
  return to.length === 0 ? [] : [{ color: 0, from, to }];
}

function opposite(kind: Exclude<ChannelKind, "broadcast">): RouterPort {
  const opposites = { east: "west", west: "east", south: "north", north: "south" } as const;
  return opposites[kind];
}
