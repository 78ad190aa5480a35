/** Reads JSON strictly: what two parsers could read differently, or what would change on the way, is refused. */
import { Failure } from '@fairlead/base'
import { z } from 'zod'

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

/** Any JSON. What comes in has been read by `readJson`, so nothing is left to check here. */
export const Json = z.unknown() as z.ZodType<Json>

/** Deeper than any honest body; a recursive reader further on must not run out of stack. */
const maxDepth = 32

/** Names that mean something to JavaScript objects themselves (S-X4). */
const forbiddenNames = new Set(['__proto__', 'constructor', 'prototype'])

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * @param input text, or UTF-8 bytes; a byte order mark is tolerated
 * @throws {Failure} `invalid-request` with one sentence: not UTF-8, not JSON, a name given twice (RFC 8259 §4 leaves
 *   its meaning open), a name that is special to JavaScript, deeper than 32, a number that would lose digits
 */
export function readJson(input: string | Uint8Array): Json {
  const text = typeof input === 'string' ? input : decode(input)
  const value = parse(text)
  // In valid JSON each member has exactly one colon outside of strings, so a surplus colon is a name given twice.
  if (countMembers(value, 0) !== countColons(text)) refuse('It gives the same name twice in one object.')
  return value
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new Failure('invalid-request', 'The body is not UTF-8 text.', { cause })
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    // The parser quotes the text in its message, and a body may hold a secret (S-M5): only the place is told.
    const at = cause instanceof Error ? /position \d+/.exec(cause.message)?.[0] : undefined
    throw new Failure('invalid-request', `The body is not JSON${at ? ` (at ${at})` : ''}.`)
  }
}

function countMembers(value: Json, depth: number): number {
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
      refuse('It has a number beyond 2^53, which would lose digits: write it as a decimal string.')
    return 0
  }
  if (typeof value !== 'object' || value === null) return 0
  if (depth >= maxDepth) refuse(`It is nested deeper than ${maxDepth}.`)
  let members = 0
  if (Array.isArray(value)) {
    for (const item of value) members += countMembers(item, depth + 1)
    return members
  }
  for (const name of Object.keys(value)) {
    if (forbiddenNames.has(name)) refuse(`The name ${name} is not allowed.`)
    members += 1 + countMembers(value[name] ?? null, depth + 1)
  }
  return members
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** @param text valid JSON */
function countColons(text: string): number {
  let colons = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) inString = !inString
    else if (inString && code === backslash) at++
    else if (!inString && code === colon) colons++
  }
  return colons
}

function refuse(sentence: string): never {
  throw new Failure('invalid-request', `The body is not acceptable: ${sentence}`)
}
