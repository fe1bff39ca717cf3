import { childOf, textAt, type XmlElement } from './xml-element.ts';

/** Where a message or a statement stands among its pages (`MsgPgntn`, `StmtPgntn`). */
export interface Page {
  readonly number: number;
  readonly isLast: boolean;
}

/** Reads a pagination element; `undefined` when it is absent or has no page number. */
export function readPage(pagination: XmlElement | undefined): Page | undefined {
  const number = textAt(pagination, 'PgNb');
  if (number === undefined || !/^\d{1,9}$/.test(number)) return undefined;
  // Only an explicit "false" owes another page.
  const isLast = !/^(?:false|0)$/.test(textAt(pagination, 'LastPgInd') ?? '');
  return { number: Number(number), isLast };
}

/** The pages of one message as they stand in a file; a file mostly has one of them. */
export class MessagePages {
  #page: Page | undefined;

  /** The page that is being read. */
  get current(): Page | undefined {
    return this.#page;
  }

  /** Whether the page that is being read owes another. */
  get isOwed(): boolean {
    return this.#page?.isLast === false;
  }

  /** Takes the header of the next message: which pages are not here, before it or after the one before. */
  take(header: XmlElement): { readonly isOwed: boolean; readonly isFollowing: boolean } {
    const page = readPage(childOf(header, 'MsgPgntn'));
    const isNext = this.isOwed && page?.number === (this.#page?.number ?? 0) + 1;
    const isOwed = this.isOwed && !isNext;
    this.#page = page;
    return { isOwed, isFollowing: isNext || page === undefined || page.number <= 1 };
  }
}
