// People, lines and our side in words: for the status region, tooltips and the side panel. Pure.
import { attitudeOf } from "./map-model.js";

export const ATTITUDE = { for: "for us", against: "against us", neutral: "neither for nor against", unknown: "not judged" };
export const FACES = { for: "mood-smile", against: "mood-sad", neutral: "mood-neutral", unknown: "mood-puzzled" };

export function signed(value) {
  if (value === null) return "?";
  return value > 0 ? `+${value}` : value < 0 ? `\u2212${-value}` : "0";
}

export function face(node) {
  if (node.attitude === 2) return "mood-happy";
  return FACES[attitudeOf(node)];
}

export function rolesOf(node, words) {
  return node.roles.map((role) => words.get(role) ?? role);
}

function day(text) {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(new Date(`${text}T00:00:00Z`));
}

export function leftOn(node) {
  return `left ${day(node.left_on)}`;
}

export function coverWords(node, model) {
  const member = model.coverOf(node);
  if (node.is_placeholder || model.hasLeft(node)) return member ? `covered by ${member.name}` : "";
  return member ? `covered by ${member.name}` : "nobody covers them";
}

// Everything a card shows, as one sentence after the other.
export function describe(node, model, roleWords) {
  const parts = [node.title ? `${node.name}, ${node.title}` : node.name];
  if (node.is_placeholder) parts.push("not known by name yet");
  if (model.hasLeft(node)) parts.push(leftOn(node));
  const roles = rolesOf(node, roleWords);
  parts.push(roles.length ? roles.join(", ") : "no role known");
  if (!node.is_placeholder) {
    parts.push(node.attitude === null ? "attitude not judged" : `attitude ${signed(node.attitude)}, ${ATTITUDE[attitudeOf(node)]}`);
    parts.push(node.power === null ? "power not judged" : `power ${node.power} of 10`);
    parts.push(node.strength === null ? "relationship not judged" : `relationship ${node.strength} of 5`);
  }
  const cover = coverWords(node, model);
  if (cover) parts.push(cover);
  if (node.is_opponent) parts.push(node.competitor ? `opponent, for ${node.competitor}` : "opponent");
  return `${parts.join(". ")}.`;
}

// Where somebody stands, spoken when the selection comes to them.
export function standing(node, model) {
  const parts = [];
  if (node.reports_to && model.people.has(node.reports_to)) parts.push(`reports to ${model.nameOf(node.reports_to)}`);
  const reports = model.reportsOf(node.id).length;
  if (reports) parts.push(`${reports} ${reports === 1 ? "person reports" : "people report"} to them`);
  const lines = model.linksOf(node.id).length;
  if (lines) parts.push(`${lines} ${lines === 1 ? "line" : "lines"}`);
  return parts.length ? `${parts.join(", ")}.` : "";
}

export function lineWords(link, model) {
  const topic = link.topic ? ` on ${link.topic}` : "";
  if (link.kind === "conflict") return `${model.nameOf(link.from)} and ${model.nameOf(link.to)} are in conflict${topic}`;
  return `${model.nameOf(link.from)} influences ${model.nameOf(link.to)}${topic}, ${link.strength} of 5`;
}

export function lineLabel(link) {
  if (link.kind === "conflict") return link.topic ? `\u2715 ${link.topic}` : "\u2715 conflict";
  return link.topic ? `${link.topic} \u00b7 ${link.strength}` : String(link.strength);
}
