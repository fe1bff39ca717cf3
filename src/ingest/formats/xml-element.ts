import { clip } from '../record.ts';

/** One element of an XML file with all it holds, by local names: prefixes are gone. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, character and entity references resolved. */
  readonly text: string;
  /** Whether a comment, a CDATA section or a processing instruction stands among its text. */
  readonly isMixed: boolean;
  readonly line: number;
}

const NO_ELEMENTS: readonly XmlElement[] = [];

/** The first child of that name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  if (element === undefined) return undefined;
  // Asked some forty times of every entry: a loop without a closure.
  for (const child of element.children) if (child.name === name) return child;
  return undefined;
}

/** Every child of that name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  if (childOf(element, name) === undefined) return NO_ELEMENTS;
  return element?.children.filter((child) => child.name === name) ?? NO_ELEMENTS;
}

/** The trimmed text of an element; `undefined` when it is absent or blank. */
export function textOf(element: XmlElement | undefined): string | undefined {
  return element?.text.trim() || undefined;
}

/** The trimmed text at the end of a path of first children; `undefined` when it is absent or blank. */
export function textAt(
  element: XmlElement | undefined,
  name: string,
  ...path: readonly string[]
): string | undefined {
  let at = childOf(element, name);
  for (const next of path) at = childOf(at, next);
  return textOf(at);
}

/** The element at the end of a path of first children. */
export function elementAt(
  element: XmlElement | undefined,
  path: readonly string[],
): XmlElement | undefined {
  let at = element;
  for (const name of path) at = childOf(at, name);
  return at;
}

/** The text at the first of several paths that has one. */
export function firstTextAt(
  element: XmlElement | undefined,
  paths: readonly (readonly string[])[],
): string | undefined {
  if (element === undefined) return undefined;
  for (const path of paths) {
    const text = textOf(elementAt(element, path));
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The element written as XML without blanks between elements, clipped, for a person to read in a rejection. */
export function describeElement(element: XmlElement, length = 500): string {
  const parts: string[] = [];
  let room = length;
  const put = (part: string): void => {
    parts.push(part);
    room -= part.length;
  };
  const visit = (node: XmlElement): void => {
    if (room < 0) return;
    const attributes = Object.entries(node.attributes).map(
      ([name, value]) => ` ${name}="${value}"`,
    );
    put(`<${node.name}${attributes.join('')}>${node.text.trim()}`);
    for (const child of node.children) visit(child);
    put(`</${node.name}>`);
  };
  visit(element);
  return clip(parts.join(''), length);
}
