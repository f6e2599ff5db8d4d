/** A plan as a command line. */

import { SEED } from "./api.js";

const END = "PLAN";

/**
 * The command that makes `speech.wav`. The body stands in a document of its own, so that no quote in it ends anything
 * and no text is too long for an argument.
 * @param {object} plan
 * @param {string} address   of the page
 * @param {boolean} withKey   the key itself is not written down: it would be kept wherever the command is pasted
 */
export function curlOf(plan, address, withKey) {
  const url = new URL("synthesize", address).href;
  return [
    `curl --fail-with-body -sS '${url.replaceAll("'", "%27")}' -o speech.wav \\`,
    ...(withKey ? ['  -H "Authorization: Bearer $INTONE_KEY" \\'] : []),
    `  -H 'Content-Type: application/json' --data-binary @- <<'${END}'`,
    JSON.stringify({ plan, format: "wav", seed: SEED }),
    END,
    "",
  ].join("\n");
}
