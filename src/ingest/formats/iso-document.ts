import type { Detected, Reader } from '../reader.ts';
import { FileRefusal } from '../record.ts';
import type { XmlElement } from './xml-element.ts';
import { XmlSubtrees, type XmlVisitor } from './xml-subtree.ts';

/** A message of ISO 20022 that this build reads. */
export interface IsoMessage {
  /** Business area and number, `pain.001`. */
  readonly format: string;
  /** The element that holds it, `CstmrCdtTrfInitn`. */
  readonly message: string;
}

/** What a reader wants of one kind of message; depth 0 is the message, 1 its children. */
export interface MessageVisitor {
  begin(line: number): void;
  /** An element opens outside any subtree; `true` asks for all of it. */
  open(name: string, depth: number, line: number): boolean;
  /** An element that was not asked for closes; the message itself last. */
  close(depth: number, line: number): void;
  subtree(element: XmlElement): void;
}

const DOCUMENT = /<(?:[\w.-]+:)?Document(?=[\s>])([^<>]*)>\s*(?:<(?:[\w.-]+:)?([\w.-]+))?/;
const NOT_MARKUP = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>/g;

/**
 * Finds the first `Document` at any depth, below whatever envelope, and which of the messages it holds.
 *
 * The name of the message decides, else the namespace; the version is what the namespace says of it.
 */
export function detectDocument(
  head: string,
  messages: readonly IsoMessage[],
): Detected | undefined {
  if (!/^\uFEFF?\s*</.test(head)) return undefined;
  const markup = head.replace(NOT_MARKUP, '');
  const found = DOCUMENT.exec(markup);
  if (!found) return undefined;
  const [, attributes = '', child = ''] = found;
  const known =
    messages.find((message) => isNamed(message, child)) ??
    messages.find(({ format }) => versionIn(attributes, format) !== undefined);
  if (known === undefined) return undefined;
  const { format } = known;
  // A prefixed Document may have its namespace declared on the envelope.
  const before = markup.slice(0, found.index);
  const version = versionIn(attributes, format) ?? versionIn(before, format) ?? null;
  return { format, version };
}

/** Whether an element is the message; the first versions are named after their number, `pain.001.001.02`. */
function isNamed({ format, message }: IsoMessage, name: string): boolean {
  return name === message || (name.startsWith(format) && /^\.\d{3}\.\d{2}$/.test(name.slice(8)));
}

/** The version a namespace names, with the suffix of a national rule book (`pain.001.001.03.ch.02`). */
function versionIn(attributes: string, format: string): string | undefined {
  const [area, number] = format.split('.');
  const version = `${area}\\.${number}\\.\\d{3}\\.\\d{2}(?:\\.[a-z]{2}\\.\\d{2})?`;
  return new RegExp(`xmlns[^=<>]*=\\s*["'][^"'<>]*?(${version})`).exec(attributes)?.[1];
}

/** Finds the message of each `Document` and hands on what lies below; refuses a file without the message it expects. */
export class IsoMessageReader implements Reader, XmlVisitor {
  /** A name no element has: none of these messages holds one whose parts are needed apart. */
  readonly partName = ' ';
  readonly #message: IsoMessage;
  readonly #visitor: MessageVisitor;
  readonly #xml: XmlSubtrees;
  /** Depth of the `Document` that is open, 0 outside. */
  #document = 0;
  #messages = 0;

  constructor(message: IsoMessage, visitor: MessageVisitor) {
    this.#message = message;
    this.#visitor = visitor;
    this.#xml = new XmlSubtrees(this);
  }

  write(chunk: string): void {
    this.#xml.write(chunk);
  }

  end(): void {
    this.#xml.end();
    if (this.#messages === 0) this.#refuse('there is no Document with a message');
  }

  open(name: string, depth: number, line: number): boolean {
    if (this.#document === 0) {
      if (name === 'Document') this.#document = depth;
      return false;
    }
    const below = depth - this.#document - 1;
    if (below > 0) return this.#visitor.open(name, below, line);
    if (!isNamed(this.#message, name)) this.#refuse(`the Document holds ${name}`);
    this.#messages += 1;
    this.#visitor.begin(line);
    return false;
  }

  close(depth: number, line: number): void {
    if (this.#document === 0) return;
    if (depth === this.#document) this.#document = 0;
    else this.#visitor.close(depth - this.#document - 1, line);
  }

  part(): void {}

  subtree(element: XmlElement): void {
    this.#visitor.subtree(element);
  }

  #refuse(what: string): never {
    const { message, format } = this.#message;
    const { line } = this.#xml;
    throw new FileRefusal('MESSAGE_TYPE', `${what}, not ${message} (${format})`, { line });
  }
}
