/** HTML that is safe as it stands. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: text is escaped, markup is not, nothing is written for `null`. */
export type Content = string | number | bigint | null | Markup | readonly Content[];

/** Builds HTML; every value that is not markup itself is escaped. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let text = parts[0] ?? '';
  values.forEach((value, at) => {
    text += contentOf(value) + (parts[at + 1] ?? '');
  });
  return new Markup(text);
}

function contentOf(value: Content): string {
  if (value === null) return '';
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(contentOf).join('');
  return escapeHtml(String(value));
}

const ENTITY: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML shows it, inside an element or a quoted attribute; control characters become a visible mark. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITY[character] ?? '')
    .replace(/(?![\t\n])\p{Cc}/gu, '\ufffd');
}
