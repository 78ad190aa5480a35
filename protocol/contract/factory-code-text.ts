/**
 * Factory codes as text: 80 bits that the maker stores in a device and prints on its label, so that whoever holds it can claim it.
 *
 * 16 characters of Crockford's base32 and his check symbol, the number modulo 37 (https://www.crockford.com/base32.html).
 * People type them: case, spaces and hyphens are ignored, O is 0, I and L are 1. Apart from its schema, so that a page
 * that only reads codes need not load what checks all else.
 */

const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const checkSymbols = `${digits}*~$=U`
const codeDigits = 16
const bitsOfDigit = 5n

/** What of it can stand in a code, in its one form; it may be anything from nothing to more than a code. */
export function plainCode(text: string): string {
  const plain = text.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  return [...plain].filter((symbol) => checkSymbols.includes(symbol)).join('')
}

/** @returns the 17 characters in their one form; undefined: it is none, or somebody has mistyped it */
export function readFactoryCode(text: string): string | undefined {
  const plain = text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  const body = plain.slice(0, codeDigits)
  if (plain.length !== codeDigits + 1 || [...body].some((digit) => !digits.includes(digit))) return undefined
  return plain[codeDigits] === checkSymbolOf(body) ? plain : undefined
}

/** @param bytes 10 of them, unguessable */
export function makeFactoryCode(bytes: Uint8Array): string {
  let number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  let body = ''
  for (let at = 0; at < codeDigits; at++) {
    body = digits[Number(number & 31n)] + body
    number >>= bitsOfDigit
  }
  return body + checkSymbolOf(body)
}

/** As it stands on labels: `XXXX-XXXX-XXXX-XXXX-C`. */
export function inGroups(code: string): string {
  return code.replaceAll(/.{4}(?=.)/g, '$&-')
}

function checkSymbolOf(body: string): string {
  const number = [...body].reduce((sum, digit) => (sum << bitsOfDigit) | BigInt(digits.indexOf(digit)), 0n)
  return checkSymbols[Number(number % 37n)] ?? ''
}
