// A QR code as a drawing.

import { svg } from "./dom.ts";
import { qrSquares } from "./qr.ts";

const BORDER = 4;

/** The drawing with its name for who cannot see it; null if the text is too long for a code. */
export function square(text: string, label: string): SVGElement | null {
  const squares = qrSquares(text);
  if (!squares) return null;
  const size = squares.length + 2 * BORDER;
  const path = squares
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + BORDER} ${y + BORDER}h1v1h-1z` : "")))
    .join("");
  return svg(
    "svg",
    { viewBox: `0 0 ${size} ${size}`, class: "square", role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    svg("rect", { width: size, height: size, fill: "#fff" }),
    svg("path", { d: path, fill: "#000" }),
  );
}
