// JSON that was written on one line, laid out to be read. Only space between the tokens is added.
import { looksLikeJson } from "./gate";
import { type Node, readTree } from "./tree";

/** A shorter line is read as it is. */
const LINE_CHARS = 60;

/** The text as the editor shows it: an object or array on one long line gets lines, any other text stays as it is. */
export function laidOut(text: string): string {
  if (text.length <= LINE_CHARS || /[\r\n]/.test(text) || !looksLikeJson(text)) return text;
  const tree = readTree(text);
  return tree ? lines(text, tree, "") : text;
}

/** Any JSON on lines, however short. */
export function onLines(json: string): string {
  const tree = readTree(json);
  return tree ? lines(json, tree, "") : json;
}

function lines(text: string, node: Node, indent: string): string {
  const inner = `${indent}  `;
  if (node.members) {
    const members = node.members.map(
      ({ from, value }) => `${nameAt(text, from, value)}: ${lines(text, value, inner)}`,
    );
    return block("{", members, "}", indent);
  }
  if (node.items) {
    const items = node.items.map((item) => lines(text, item, inner));
    return block("[", items, "]", indent);
  }
  return text.slice(node.from, node.to);
}

function block(open: string, parts: string[], close: string, indent: string): string {
  if (parts.length === 0) return open + close;
  return `${open}\n${parts.map((part) => `${indent}  ${part}`).join(",\n")}\n${indent}${close}`;
}

/** A member's name as it is written. */
function nameAt(text: string, from: number, value: Node): string {
  return text.slice(from, value.from).replace(/\s*:\s*$/, "");
}
