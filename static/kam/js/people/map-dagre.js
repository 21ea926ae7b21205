// “Arrange” for charts of a usual size: dagre, which keeps the branches of a tree narrow and its lines apart.
import cytoscape from "../../../vendor/cytoscape/cytoscape.esm.min.js";
import dagre from "../../../vendor/cytoscape/cytoscape-dagre.min.js";
import { ORIGIN, STEP, forest, tidy } from "./map-layout.js";
import { CARD } from "./map-model.js";

cytoscape.use(dagre);

// Places of everybody by id. People outside any tree stand in rows beneath, as the tidy tree has them.
export function arranged(nodes) {
  const below = forest(nodes);
  const alone = (below.get(null) ?? []).filter((node) => !below.has(node.id));
  const tied = nodes.filter((node) => !alone.includes(node));
  const places = new Map();
  let bottom = 0;
  if (tied.length) {
    const edges = [...below].filter(([boss]) => boss !== null).flatMap(([boss, reports]) => reports.map((node) => ({ data: { source: boss, target: node.id } })));
    const cy = cytoscape({ headless: true, styleEnabled: true, style: [{ selector: "node", style: { width: CARD.width, height: CARD.height } }], elements: [...tied.map((node) => ({ data: { id: node.id } })), ...edges] });
    cy.layout({ name: "dagre", rankDir: "TB", nodeSep: STEP.x - CARD.width, rankSep: STEP.y - CARD.height, animate: false, fit: false }).run();
    const box = { x: Math.min(...cy.nodes().map((node) => node.position("x"))), y: Math.min(...cy.nodes().map((node) => node.position("y"))) };
    cy.nodes().forEach((node) => {
      const spot = { x: Math.round(node.position("x") - box.x + ORIGIN.x), y: Math.round(node.position("y") - box.y + ORIGIN.y) };
      places.set(node.id(), spot);
      bottom = Math.max(bottom, spot.y + STEP.y - ORIGIN.y);
    });
    cy.destroy();
  }
  for (const [id, { x, y }] of tidy(alone.map((node) => ({ ...node, reports_to: null })))) places.set(id, { x, y: y + bottom });
  return places;
}
