/** A maker's list as a file: CSV with a header, from whichever program wrote it, read line by line. */
import { Failure } from '@fairlead/base'
import { type FactoryLine, FactoryList, faultOf, readFactoryCode } from '@fairlead/protocol/contract'
import { CsvError, type Info, parse } from 'csv-parse/sync'
import { harmless } from '../words.ts'

/** What stands in one line of the file; its code in its one form. */
export interface ListedLine extends FactoryLine {
  /** In the file; the header is line 1. */
  line: number
}

export interface RefusedLine {
  line: number
  id: string
  why: string
}

export interface ReadList {
  lines: ListedLine[]
  refused: RefusedLine[]
}

/** Those after them are the maker's own and are passed over. */
const columns = ['id', 'code', 'model'] as const
const needed = ['id', 'code'] as const

const Model = FactoryList.shape.items.element.shape.model

/**
 * @param name of the file, for what is said of it
 * @throws {Failure} `invalid-request`: it cannot be read as lines at all
 */
export function readList(bytes: Uint8Array, name: string): ReadList {
  const text = decode(bytes, name)
  const list: ReadList = { lines: [], refused: [] }
  const firstWith = new Map<string, ListedLine>()
  for (const { record, info } of recordsOf(text, name)) {
    const { id = '', code = '', model = '' } = record
    const line = info.lines
    const why = faultOf({ id, code }) ?? faultOfModel(model) ?? faultOfPair(firstWith, { id, code })
    if (why !== undefined) {
      list.refused.push({ line, id, why })
      continue
    }
    const read = { line, id, code: readFactoryCode(code) ?? '', ...(model !== '' && { model }) }
    firstWith.set(read.code, firstWith.get(read.code) ?? read)
    list.lines.push(read)
  }
  return list
}

/** Spreadsheets also write in the code page of their country: what is read wrong would be printed wrong. */
function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Failure('invalid-request', `${name} is not UTF-8. Save it as "CSV UTF-8" and try again.`)
  }
}

interface Row {
  record: Partial<{ [name in (typeof columns)[number]]: string }>
  info: Info
}

function recordsOf(text: string, name: string): Row[] {
  if (text.trim() === '') readHeader([], name)
  try {
    return parse(text, {
      delimiter: delimiterOf(text),
      columns: (header: string[]) => readHeader(header, name),
      info: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
    }) as unknown as Row[]
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new Failure('invalid-request', harmless(`${name} is no CSV file: ${error.message}.`))
  }
}

/** Where a comma is the decimal point, spreadsheets write semicolons. The header has no text in which one could stand. */
function delimiterOf(text: string): string {
  const [header = ''] = text.trimStart().split(/[\r\n]/, 1)
  return [';', '\t'].find((delimiter) => header.includes(delimiter)) ?? ','
}

function readHeader(header: readonly string[], name: string): (string | undefined)[] {
  const names = header.map((cell) => cell.trim().toLowerCase())
  for (const column of needed)
    if (!names.includes(column))
      throw new Failure(
        'invalid-request',
        `${name} has no column "${column}". Its first line names the columns: id,code,model (in any order; model may be left out).`,
      )
  const twice = columns.find((column) => names.indexOf(column) !== names.lastIndexOf(column))
  if (twice !== undefined) throw new Failure('invalid-request', `${name} has two columns "${twice}".`)
  return names.map((cell) => columns.find((column) => column === cell))
}

function faultOfModel(model: string): string | undefined {
  if (model === '' || Model.safeParse(model).success) return undefined
  return 'The model is longer than 128 characters, or has control characters in it.'
}

/** Of two devices with one code nobody knows which one is claimed by it: neither ever is. */
function faultOfPair(firstWith: ReadonlyMap<string, ListedLine>, { id, code }: FactoryLine): string | undefined {
  const first = firstWith.get(readFactoryCode(code) ?? '')
  if (first === undefined || first.id === id) return undefined
  return `Line ${first.line} has the same code for another device.`
}
