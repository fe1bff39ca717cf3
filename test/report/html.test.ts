import { XMLValidator } from 'fast-xml-parser';
import { expect, test } from 'vitest';
import { runReportHtml } from '../../src/report/html.ts';
import { escapeHtml, html } from '../../src/report/markup.ts';
import { exceptionOf, sampleReport } from './sample.ts';

const HOSTILE = `</td><script>alert('x')</script><img src=x onerror="y">&\u0007`;

/** Every element closed, as XML has it, once the elements that have no end tag are put aside. */
function isWellFormed(page: string): boolean {
  const body = page.replace('<!doctype html>', '').replaceAll(/<meta [^>]*>/g, '');
  return XMLValidator.validate(body) === true;
}

test('escapes text and attributes, leaves markup, writes nothing for null', () => {
  expect(
    html`<p title="${'"'}">${'<b>'}${html`<i>${1n}</i>`}${null}${['&', html`<u></u>`]}</p>`.text,
  ).toBe('<p title="&quot;">&lt;b&gt;<i>1</i>&amp;<u></u></p>');
});

test('shows control characters as a mark', () => {
  expect(escapeHtml('a\u0000b\u001b[31m\u0085')).toBe('a\ufffdb\ufffd[31m\ufffd');
});

test('lets nothing a file says become markup, wherever it stands', () => {
  const [file] = sampleReport.files;
  const [batch] = sampleReport.batches;
  const [journal] = sampleReport.journals;
  const page = runReportHtml({
    ...sampleReport,
    exceptions: [
      exceptionOf({
        code: HOSTILE,
        source: HOSTILE,
        reference: HOSTILE,
        locator: HOSTILE,
        owner: HOSTILE,
        text: HOSTILE,
      }),
    ],
    files: file ? [{ ...file, name: HOSTILE, reasonCode: HOSTILE, reasonText: HOSTILE }] : [],
    batches: batch ? [{ ...batch, merchant: HOSTILE, batch: HOSTILE }] : [],
    journals: journal ? [{ ...journal, description: HOSTILE, reference: HOSTILE }] : [],
  });
  expect(page).not.toContain('<script');
  expect(page).not.toContain('<img');
  expect(page).not.toContain('\u0007');
  expect(page).toContain('&lt;script&gt;alert(&#39;x&#39;)');
  expect(isWellFormed(page)).toBe(true);
});

test('needs nothing beside the file', () => {
  const page = runReportHtml(sampleReport);
  expect(page).not.toMatch(/<(?:script|link|img|iframe)|\bsrc=|https?:|@import|url\(/);
  expect(isWellFormed(page)).toBe(true);
});

test('says first what there is to do and whether the books close', () => {
  const page = runReportHtml(sampleReport);
  expect(page).toContain(
    '<h1>9 exceptions to look at, 1 file rejected; 42 entries tie, and the books close.</h1>',
  );
  expect(page.indexOf('<h2>Proof')).toBeLessThan(page.indexOf('<h2>Exceptions'));
  expect(page.indexOf('<h2>Exceptions')).toBeLessThan(page.indexOf('<h2>Settlement batches'));
});

test('puts exceptions under their code with what it means and what is in question', () => {
  const page = runReportHtml(sampleReport);
  expect(page.match(/UNM_IN_LEDGER/g)).toHaveLength(1);
  expect(page).toContain('3 exceptions · 623.00 EUR in question');
  expect(page).toContain('<td class="n">2,214.70 EUR</td>\n<td class="n">-37.50 EUR</td>');
});

test('says loudly that the books do not close', () => {
  const page = runReportHtml({ ...sampleReport, proof: { closes: false, equations: [] } });
  expect(page).toContain('but THE BOOKS DO NOT CLOSE');
  expect(page).toContain('class="verdict bad"');
});

test('stays readable when there is nothing to tell', () => {
  const page = runReportHtml({
    ...sampleReport,
    files: [],
    matches: [],
    batches: [],
    journals: [],
    trialBalance: [],
    openItems: [],
    exceptions: [],
    proof: null,
  });
  expect(page).toContain('<h1>Nothing to look at; 0 entries tie, and there is no proof yet.</h1>');
  expect(isWellFormed(page)).toBe(true);
});
