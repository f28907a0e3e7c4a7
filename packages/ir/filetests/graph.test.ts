// Filetests of the graph level. Rules that need op definitions are tested in the ops package.
import { runFiletests } from "@waferc/testkit/filetest";
import { graphLevel } from "./levels.ts";

runFiletests(new URL("graph/", import.meta.url), { levels: [graphLevel] });
