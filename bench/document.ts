/** Puts tables into a document, between two marks; all else in it is a person's. */

export interface Marks {
  begin: string
  end: string
}

const benchMarks: Marks = {
  begin: '<!-- bench: from here on written by `npm run bench -- --write` -->',
  end: '<!-- bench: up to here -->',
}

/** @throws {Error} when the document has no such marks */
export function replaceMarked(document: string, tables: string, { begin, end }: Marks = benchMarks): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`The document needs two lines to write between:\n${begin}\n${end}`)
  return `${document.slice(0, from + begin.length)}\n\n${tables}\n\n${document.slice(to)}`
}
