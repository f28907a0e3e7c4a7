/** Names of a layout's parts as diagnostics and source maps give them; those of its dataflow are the dataflow's own. */
import type { ChannelKind } from "./layout.ts";

export const LAYOUT_ENTITY = "layout";

export function regionEntity(group: number): string {
  return `region g${group}`;
}

export function channelEntity(group: number, kind: ChannelKind): string {
  return `channel g${group} ${kind}`;
}

export function portEntity(flow: number): string {
  return `port f${flow}`;
}

export function routeEntity(flow: number): string {
  return `route f${flow}`;
}

export function hopEntity(flow: number, index: number): string {
  return `route f${flow} hop ${index}`;
}
