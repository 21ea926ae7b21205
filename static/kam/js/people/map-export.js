// PNG, SVG and print: one drawing of the whole map, whatever part of it is in view.
import { $ } from "./map-dom.js";
import { svgOf } from "./map-svg.js";
import { lineWidth, tokens } from "./map-style.js";

// The longer side of a PNG; browsers refuse much larger canvases.
const LONGEST = 8000;

const kindOf = (edge) => (edge.hasClass("path") ? "path" : edge.hasClass("rep") ? "rep" : edge.hasClass("con") ? "con" : edge.hasClass("tie") ? "tie" : "inf");
const spot = ({ x, y }) => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;

function pathOf(edge) {
  const from = edge.sourceEndpoint(), to = edge.targetEndpoint();
  if (edge.hasClass("rep")) {
    const turn = (edge.segmentPoints() ?? []).map((point) => `L${spot(point)}`).join("");
    return `M${spot(from)}${turn}L${spot(to)}`;
  }
  const bends = edge.controlPoints() ?? [];
  return bends.length ? `M${spot(from)}Q${spot(bends[0])} ${spot(to)}` : `M${spot(from)}L${spot(to)}`;
}

export function sceneOf(canvas, { title, subtitle, roleWords }) {
  const { cy, model } = canvas;
  const ground = canvas.lines.shown.filter((edge) => cy.getElementById(edge.id).empty());
  return {
    title, subtitle, model, roleWords, c: tokens(), frames: canvas.frames ?? [], laneTop: canvas.laneTop,
    nodes: cy.nodes().map((node) => ({ id: node.id(), ...node.position() })),
    edges: ground.map((edge) => ({ kind: edge.kind, path: canvas.lines.cornersOf(edge).map((corner, at) => `${at ? "L" : "M"}${spot(corner)}`).join(""), label: "", width: edge.kind === "rep" ? 1.4 : 0.8 })).concat(cy.edges().map((edge) => {
      const kind = kindOf(edge);
      return { kind, path: pathOf(edge), label: kind === "rep" || kind === "tie" ? "" : edge.data("label"), middle: edge.midpoint(), width: kind === "rep" || kind === "tie" ? 1.4 : kind === "path" ? 4 : kind === "con" ? 2 : lineWidth(edge.data("strength")) };
    })),
  };
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export function saveSvg(scene, name) {
  save(new Blob([svgOf(scene)], { type: "image/svg+xml" }), `${name}.svg`);
}

export async function savePng(scene, name) {
  const url = URL.createObjectURL(new Blob([svgOf(scene)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const scale = Math.min(2, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
    const sheet = document.createElement("canvas");
    sheet.width = Math.round(image.naturalWidth * scale);
    sheet.height = Math.round(image.naturalHeight * scale);
    sheet.getContext("2d").drawImage(image, 0, 0, sheet.width, sheet.height);
    const blob = await new Promise((resolve) => { sheet.toBlob(resolve, "image/png"); });
    if (!blob) throw new Error("This map is too large for a picture. Save it as SVG.");
    save(blob, `${name}.png`);
  } finally {
    URL.revokeObjectURL(url);
  }
}

// The printed page shows the drawing in place of the canvas; it is made at the moment of printing.
export function printsWith(scene) {
  addEventListener("beforeprint", () => {
    const sheet = $("pm-print");
    const drawing = new DOMParser().parseFromString(svgOf(scene()), "image/svg+xml").documentElement;
    drawing.removeAttribute("width");
    drawing.removeAttribute("height");
    sheet.replaceChildren(drawing);
  });
  addEventListener("afterprint", () => $("pm-print").replaceChildren());
}
