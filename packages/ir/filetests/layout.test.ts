// Filetests of the layout level.
import { runFiletests } from "@waferc/testkit/filetest";
import type { FiletestLevel } from "@waferc/testkit/filetest";
import { parseLayout, printLayout, verifyLayout } from "@waferc/ir/layout";
import type { Layout } from "@waferc/ir/layout";

const layoutLevel: FiletestLevel<Layout> = {
  level: "layout",
  parse: (text, file) => {
    const { layout, sourceMap } = parseLayout(text, { file });
    return { noun: layout, sourceMap };
  },
  print: printLayout,
  verify: verifyLayout,
};

runFiletests(new URL("layout/", import.meta.url), { levels: [layoutLevel] });
