import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { clip, FileRefusal } from '../record.ts';
import type { XmlElement } from './xml-element.ts';

/** What a reader wants of an XML file: the way down to some elements, and these whole. */
export interface XmlVisitor {
  /**
   * Elements of this name inside a subtree are handed over one by one as they close, and are not kept in it,
   * so that a subtree with a hundred thousand of them does not fill the memory.
   */
  readonly partName: string;
  /** An element opens outside any subtree, `depth` 1 for the root; `true` asks for all of it. */
  open(name: string, depth: number, line: number): boolean;
  /** An element that was not asked for closes. */
  close(depth: number, line: number): void;
  part(element: XmlElement): void;
  subtree(element: XmlElement): void;
}

const MAX_DEPTH = 64;
const MAX_ATTRIBUTES = 64;
const MAX_TOKEN = 64 * 1024;
/** Characters one subtree may weigh, its parts apart; an element counts as 64 besides its text. */
const MAX_SUBTREE = 8 * 1024 * 1024;
const ELEMENT_WEIGHT = 64;
const PIECE = 32 * 1024;

interface OpenElement extends XmlElement {
  children: OpenElement[];
  text: string;
  isMixed: boolean;
}

/** Of every element until it has a child, which most never have; nothing is put into it. */
const NO_CHILDREN: OpenElement[] = [];

/**
 * Reads XML pushed in chunks and builds one subtree at a time.
 *
 * Refuses the file for what no bank sends and an attacker does: DOCTYPE, deep nesting, huge tokens; and for
 * everything the XML recommendation calls not well-formed. Nothing external is ever resolved.
 */
export class XmlSubtrees {
  readonly #visitor: XmlVisitor;
  // Prefixes are cut here: with `xmlns` on, the cost of saxes grows with the square of the depth.
  readonly #parser = new SaxesParser({ xmlns: false, position: false });
  readonly #open: OpenElement[] = [];
  #hasBegun = false;
  #linesBefore = 0;
  #depth = 0;
  #weight = 0;
  #weightBeforePart = 0;
  #writtenSinceEvent = 0;

  constructor(visitor: XmlVisitor) {
    this.#visitor = visitor;
    // Not one handler more: with a seventh, V8 keeps the tokenizer's fields in a dictionary, and it is six times slower.
    this.#parser.on('error', (error) => {
      const isDuplicate = error.message.startsWith('duplicate attribute');
      const reason = isDuplicate ? 'XML_DUP_ATTR' : 'XML_NOT_WELL_FORMED';
      this.#refuse(reason, clip(error.message, 200));
    });
    this.#parser.on('doctype', () =>
      this.#refuse('XML_DOCTYPE', 'a document type declaration is not accepted in a payment file'),
    );
    this.#parser.on('opentag', (tag) => this.#opened(tag));
    this.#parser.on('closetag', () => this.#closed());
    this.#parser.on('text', (text) => this.#text(text));
    this.#parser.on('cdata', (text) => this.#cdata(text));
  }

  /** The line the tokenizer has come to, from 1. */
  get line(): number {
    return this.#parser.line + this.#linesBefore;
  }

  write(written: string): void {
    const chunk = this.#hasBegun ? written : this.#withoutBlanksBefore(written);
    for (let at = 0; at < chunk.length; at += PIECE) {
      const piece = chunk.slice(at, at + PIECE);
      // The tokenizer buffers a token until it ends, so its size must be watched from outside.
      this.#writtenSinceEvent += piece.length;
      this.#parser.write(piece);
      if (this.#writtenSinceEvent > MAX_TOKEN) this.#refuseToken('a token');
    }
  }

  /** Blank lines before the declaration are not well-formed, and senders that join files leave them there. */
  #withoutBlanksBefore(chunk: string): string {
    const text = chunk.trimStart();
    this.#hasBegun = text !== '';
    this.#linesBefore += chunk.slice(0, chunk.length - text.length).split('\n').length - 1;
    return text;
  }

  end(): void {
    if (this.#depth > 0)
      this.#refuse('XML_UNCLOSED', 'the file ends inside an element; it was cut off');
    this.#parser.close();
  }

  #opened(tag: SaxesTagPlain): void {
    this.#event(0);
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH)
      this.#refuse('XML_DEPTH', `elements are nested deeper than ${MAX_DEPTH}`);
    const { attributes } = tag;
    this.#capAttributes(attributes);
    const name = localName(tag.name);
    const { line } = this;
    const isInside = this.#open.length > 0;
    if (!isInside) {
      if (!this.#visitor.open(name, this.#depth, line)) return;
      this.#weight = 0;
    } else if (name === this.#visitor.partName) {
      this.#weightBeforePart = this.#weight;
    }
    this.#weigh(ELEMENT_WEIGHT);
    this.#open.push({ name, attributes, children: NO_CHILDREN, text: '', isMixed: false, line });
  }

  #capAttributes(attributes: XmlElement['attributes']): void {
    let count = 0;
    for (const name in attributes) {
      count += 1;
      if (count > MAX_ATTRIBUTES || (attributes[name]?.length ?? 0) > MAX_TOKEN)
        this.#refuseToken('an element with its attributes');
    }
  }

  #closed(): void {
    this.#event(0);
    const depth = this.#depth;
    this.#depth -= 1;
    const element = this.#open.pop();
    if (element === undefined) {
      this.#visitor.close(depth, this.line);
      return;
    }
    const parent = this.#open[this.#open.length - 1];
    if (parent === undefined) {
      this.#visitor.subtree(element);
    } else if (element.name === this.#visitor.partName) {
      this.#visitor.part(element);
      this.#weight = this.#weightBeforePart;
    } else {
      if (parent.children === NO_CHILDREN) parent.children = [];
      parent.children.push(element);
    }
  }

  #text(text: string): void {
    this.#event(text.length);
    const element = this.#open[this.#open.length - 1];
    if (element === undefined) return;
    this.#weigh(text.length);
    // Text comes whole, however the file is cut into chunks: a second piece stands behind a comment, CDATA or child.
    if (element.text !== '') element.isMixed = true;
    element.text += text;
    if (element.text.length > MAX_TOKEN) this.#refuseToken(`the text of ${element.name}`);
  }

  #cdata(text: string): void {
    this.#text(text);
    const element = this.#open[this.#open.length - 1];
    if (element !== undefined) element.isMixed = true;
  }

  #event(length: number): void {
    this.#writtenSinceEvent = 0;
    if (length > MAX_TOKEN) this.#refuseToken('a token');
  }

  #weigh(weight: number): void {
    this.#weight += weight;
    if (this.#weight > MAX_SUBTREE) this.#refuseToken(`the element ${this.#open[0]?.name}`);
  }

  #refuseToken(what: string): never {
    this.#refuse('XML_TOKEN_TOO_LARGE', `${what} is larger than a payment file can need`);
  }

  #refuse(reason: string, message: string): never {
    const { line } = this;
    throw new FileRefusal(reason, `${message} (line ${line})`, { line });
  }
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}
