// Filetests of the layout level.
import { runFiletests } from "@waferc/testkit/filetest";
import { layoutLevel } from "./levels.ts";

runFiletests(new URL("layout/", import.meta.url), { levels: [layoutLevel] });
