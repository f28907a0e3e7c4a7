// The version of the tool, which goes into every manifest.
import manifest from "../package.json" with { type: "json" };

export const TOOL_VERSION: string = manifest.version;
