/** A page of text as PostScript, for printers that print nothing of plain text. */

/** The letters of Courier are three fifths of their size wide. */
const letterWidth = 0.6
const lineHeight = 1.2
/** In points. */
const largest = 11
const margin = 18

/** Where a print server hands on what it reads, the printer learns by this alone that the job has ended. */
const endOfJob = '\x04'

/**
 * As large as the paper bears that lies in the printer: none is asked for, since a printer that lacks it would wait for it.
 * Of what is no ASCII each character is a question mark: not every printer has a letter for it.
 *
 * @param text lines, one page
 */
export function renderPostScript(text: string): string {
  const lines = text.split('\n').map((line) => line.replaceAll(/[^\x20-\x7e]/gu, '?'))
  const columns = Math.max(1, ...lines.map(({ length }) => length))
  return `%!PS-Adobe-3.0
%%Creator: Fairlead
%%LanguageLevel: 1
%%DocumentData: Clean7Bit
%%DocumentNeededResources: font Courier
%%Pages: 1
%%EndComments
%%Page: 1 1
save
newpath clippath pathbbox
/top exch ${margin} sub def /right exch ${margin} sub def /bottom exch ${margin} add def /left exch ${margin} add def
/smaller { 2 copy gt { exch } if pop } def
/size right left sub ${columns} ${letterWidth} mul div top bottom sub ${lines.length} ${lineHeight} mul div smaller ${largest} smaller def
/Courier findfont size scalefont setfont
newpath
/y top size sub def
/line { left y moveto show /y y size ${lineHeight} mul sub def } def
${lines.map((line) => `(${escaped(line)}) line`).join('\n')}
showpage
restore
%%Trailer
%%EOF
${endOfJob}`
}

/** These mean something within a string (PostScript Language Reference, §3.2.2). */
function escaped(line: string): string {
  return line.replaceAll(/[()\\]/g, '\\$&')
}
