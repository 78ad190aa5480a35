/** Breaks documents where it matters: at their joints, with pieces of syntax, in the middle of a character. */
import type { Chance } from './chance.ts'

const tokens = [
  '<',
  '>',
  '/',
  "'",
  '"',
  '=',
  ' ',
  '&',
  ';',
  ':',
  ']]>',
  '<![CDATA[',
  ']',
  '<!--',
  '-->',
  '<!-- x -->',
  '<?',
  '?>',
  '<?xml version="1.0"?>',
  '<?pi x?>',
  '<!DOCTYPE a>',
  '<!DOCTYPE a [<!ENTITY x "y">]>',
  '<!ELEMENT',
  '&x;',
  '&#0;',
  '&#x0;',
  '&#13;',
  '&#xFFFF;',
  '&#xD800;',
  '&#x110000;',
  '&#99999999999999999999;',
  '&#x',
  '&lt',
  '&lt;',
  '&LT;',
  'xmlns',
  "xmlns=''",
  " xmlns:p=''",
  " xmlns:xml='u:x'",
  " xmlns:xmlns='u:x'",
  " xmlns:p='http://www.w3.org/XML/1998/namespace'",
  " xmlns='http://www.w3.org/2000/xmlns/'",
  " xmlns='u x'",
  " xmlns='u:{x}'",
  " xmlns:q='u:p'",
  " xml:a='1'",
  " xml:space='preserve'",
  " b='1'",
  " p:b='1'",
  " __proto__='1'",
  '<p:a/>',
  '<a/>',
  '</a>',
  '</p:a>',
  '<xml:a/>',
  '<xmlns:a/>',
  '<a:b:c/>',
  '<:a/>',
  '<a:/>',
  '1',
  '-',
  '\0',
  '\x01',
  '\x7f',
  '\r',
  '\r\n',
  '\n',
  '\t',
  '\x0b',
  '\u0085',
  '\u00a0',
  '\u2028',
  '\ufeff',
  '\ufffe',
  '\uffff',
  '\u00e9',
  '\u{1F600}',
].map((token) => Buffer.from(token)) as [Buffer, ...Buffer[]]

/** Overlong, surrogates, too high, cut off, other encodings' marks. */
const brokenBytes = [
  'ff',
  '80',
  'c080',
  'c1bf',
  'eda080',
  'edbfbf',
  'f4908080',
  'f8888080',
  'e282',
  'f09f98',
  'feff',
  'fffe',
  '3c00',
].map((hex) => Buffer.from(hex, 'hex')) as [Buffer, ...Buffer[]]

const joints = new Set([...' <>/=&;:\'"'].map((character) => character.charCodeAt(0)))

/** One to four changes. @param other where pieces may come from */
export function mutate(chance: Chance, document: Uint8Array, other: Uint8Array): Uint8Array {
  let changed = document
  for (let changes = 1 + chance.below(chance.oneIn(2) ? 1 : 4); changes > 0; changes--)
    changed = change(chance, changed, other)
  return changed
}

function change(chance: Chance, document: Uint8Array, other: Uint8Array): Uint8Array {
  const at = chance.oneIn(2) ? jointAfter(document, chance.below(document.length)) : chance.below(document.length + 1)
  const end = Math.min(document.length, at + chance.below(12))
  switch (chance.below(10)) {
    case 0:
      return document.subarray(0, at)
    case 1:
      return splice(document, at, end, new Uint8Array())
    case 2:
      return splice(document, at, at, document.subarray(at, end))
    case 3: {
      const from = chance.below(other.length)
      return splice(document, at, end, other.subarray(from, from + chance.below(40)))
    }
    case 4:
      return splice(document, at, Math.min(document.length, at + 1), Uint8Array.of(chance.below(128)))
    case 5:
      return splice(
        document,
        at,
        chance.oneIn(2) ? at : end,
        chance.oneIn(4) ? chance.pick(brokenBytes) : Uint8Array.of(chance.below(256)),
      )
    default:
      return splice(document, at, chance.oneIn(3) ? end : at, chance.pick(tokens))
  }
}

function splice(document: Uint8Array, at: number, end: number, piece: Uint8Array): Uint8Array {
  const changed = new Uint8Array(at + piece.length + document.length - end)
  changed.set(document.subarray(0, at))
  changed.set(piece, at)
  changed.set(document.subarray(end), at + piece.length)
  return changed
}

/** The next place where one thing ends and another begins: there a change does more than to garble a name. */
function jointAfter(document: Uint8Array, from: number): number {
  for (let at = from; at < document.length; at++) if (joints.has(document[at] ?? 0)) return at
  return document.length
}
