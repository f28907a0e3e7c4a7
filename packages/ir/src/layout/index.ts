// The layout level: where a dataflow's groups lie and how its flows run, with text form and verifier.
export { channelColorCount, channelRulesAt, receiveColorIndex, sendColorIndex } from "./channel-rules.ts";
export type { ChannelRule } from "./channel-rules.ts";
export type { ChannelColors, ChannelKind, Hop, HostPort, Layout, Region, Route } from "./layout.ts";
export { CHANNEL_KINDS, parseLayout, readLayout } from "./parse.ts";
export type { ParsedLayout } from "./parse.ts";
export { printLayout, writeLayout } from "./print.ts";
export { verifyLayout } from "./verify.ts";
