/** Router rules of a layout: channels of every region and routes of every flow, merged over cores that have the same rule. */
import type { RouterPort, RouterRules } from "@waferc/ir/program";
import { channelRulesAt, type Layout } from "@waferc/ir/layout";
import { compressCores } from "./core-sets.ts";

const PORT_ORDER: readonly RouterPort[] = ["north", "east", "south", "west", "ramp"];

export function routerRules(layout: Layout): readonly RouterRules[] {
  const groups = new Map<string, { color: number; from: RouterPort; to: RouterPort[]; cores: [number, number][] }>();
  const add = (color: number, from: RouterPort, to: readonly RouterPort[], x: number, y: number): void => {
    const sorted = PORT_ORDER.filter((port) => to.includes(port));
    const key = `${color} ${from} ${sorted.join(" ")}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { color, from, to: sorted, cores: [[x, y]] });
    else group.cores.push([x, y]);
  };
  for (const channel of layout.channels) {
    const region = layout.regions.find((entry) => entry.group === channel.group);
    if (region === undefined) continue;
    for (let v = 0; v < region.height; v++) {
      for (let u = 0; u < region.width; u++) {
        for (const rule of channelRulesAt(channel.kind, region, u, v)) {
          add(channel.colors[rule.color] ?? -1, rule.from, rule.to, region.x + u, region.y + v);
        }
      }
    }
  }
  for (const route of layout.routes) for (const hop of route.hops) add(route.color, hop.from, hop.to, hop.x, hop.y);
  return [...groups.values()]
    .sort(
      (a, b) =>
        a.color - b.color || PORT_ORDER.indexOf(a.from) - PORT_ORDER.indexOf(b.from) || a.to.length - b.to.length,
    )
    .map(({ color, from, to, cores }) => ({
      color,
      cores: compressCores(cores),
      rules: [{ from, to, transit: false }],
      position: 0,
      closed: false,
    }));
}
